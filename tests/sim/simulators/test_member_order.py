"""Variables of the classes that Verilator writes: the same ones, of equal ones of all units those side by side."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from spinsc.sim.simulators.member_order import order_members, ordered_members

HEADER = """\
class alignas(VL_CACHE_LINE_BYTES) Vtop___024root final {
    // Anonymous structures to workaround compiler member-count bugs
    struct {
        VL_IN8(given_clock,0,0);
        CData/*0:0*/ top__DOT__clk;
        CData/*5:0*/ top__DOT__g_unit__BRA__1__KET____DOT__count;
        CData/*5:0*/ top__DOT__g_unit__BRA__0__KET____DOT__count;
        IData/*16:0*/ top__DOT__g_unit__BRA__1__KET____DOT__next;
        IData/*16:0*/ top__DOT__g_unit__BRA__1__KET____DOT__sum;
    };
    struct {
        IData/*16:0*/ top__DOT__g_unit__BRA__0__KET____DOT__next;
        IData/*16:0*/ top__DOT__g_unit__BRA__0__KET____DOT__sum;
        QData/*60:0*/ top__DOT__g_unit__BRA__1__KET____DOT__g_plane__BRA__0__KET____DOT__plane;
        QData/*60:0*/ top__DOT__g_unit__BRA__1__KET____DOT__g_plane__BRA__1__KET____DOT__plane;
        QData/*60:0*/ top__DOT__g_unit__BRA__0__KET____DOT__g_plane__BRA__0__KET____DOT__plane;
        QData/*60:0*/ top__DOT__g_unit__BRA__0__KET____DOT__g_plane__BRA__1__KET____DOT__plane;
        VlWide<6>/*182:0*/ top__DOT__random;
        VlUnpacked<QData/*63:0*/, 1> __VactTriggered;
    };
};
"""
PLACES = range(4, 18)
ORDERED = """\
        CData/*0:0*/ top__DOT__clk;
        CData/*5:0*/ top__DOT__g_unit__BRA__1__KET____DOT__count;
        CData/*5:0*/ top__DOT__g_unit__BRA__0__KET____DOT__count;
        IData/*16:0*/ top__DOT__g_unit__BRA__1__KET____DOT__next;
        IData/*16:0*/ top__DOT__g_unit__BRA__0__KET____DOT__next;
    };
    struct {
        IData/*16:0*/ top__DOT__g_unit__BRA__1__KET____DOT__sum;
        IData/*16:0*/ top__DOT__g_unit__BRA__0__KET____DOT__sum;
        QData/*60:0*/ top__DOT__g_unit__BRA__1__KET____DOT__g_plane__BRA__0__KET____DOT__plane;
        QData/*60:0*/ top__DOT__g_unit__BRA__0__KET____DOT__g_plane__BRA__0__KET____DOT__plane;
        QData/*60:0*/ top__DOT__g_unit__BRA__1__KET____DOT__g_plane__BRA__1__KET____DOT__plane;
        QData/*60:0*/ top__DOT__g_unit__BRA__0__KET____DOT__g_plane__BRA__1__KET____DOT__plane;
        VlWide<6>/*182:0*/ top__DOT__random;
"""


def test_equal_variables_of_all_units_are_side_by_side(tmp_path):
    lines = HEADER.splitlines()
    lines[PLACES.start:PLACES.stop] = ORDERED.splitlines()
    assert ordered_members(HEADER).splitlines() == lines
    (tmp_path / "Vtop___024root.h").write_text(HEADER)
    (tmp_path / "other.h").write_text(HEADER)
    order_members(tmp_path)
    assert (tmp_path / "Vtop___024root.h").read_text().splitlines() == lines
    assert (tmp_path / "other.h").read_text() == HEADER


@given(st.lists(st.sampled_from(HEADER.splitlines()) | st.text(st.characters(exclude_characters="\n"), max_size=9)))
def test_every_line_is_kept_and_types_follow_each_other(lines):
    found = ordered_members("\n".join(lines)).split("\n")
    assert sorted(found) == sorted(lines or [""])
    kinds = [line.split("/*")[0] for line in found if "/*" in line and "Unpacked" not in line]
    assert [kind for place, kind in enumerate(kinds) if kind not in kinds[:place]] == list(dict.fromkeys(
        line.split("/*")[0] for line in lines if "/*" in line and "Unpacked" not in line))
    assert sum(a != b for a, b in itertools.pairwise(kinds)) == max(0, len(set(kinds)) - 1)
