"""The reports under ``docs/hardware``: what stands there is what `make synth` writes, and the estimates hold for it."""

import json
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.sim.studies import hardware
from spinsc.sim.studies.hardware import BEGIN, END, EXAMPLES, table, write_table

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_has_the_table(tmp_path):
    """And no other: a figure that is changed in a report changes the page."""
    page = tmp_path / "hardware.md"
    page.write_text((DOCS / "hardware.md").read_text())
    write_table(page, table(DOCS / "hardware"))
    assert page.read_text() == (DOCS / "hardware.md").read_text()
    (tmp_path / "hardware").mkdir()
    name = "random-ice40-hx8k"
    data = json.loads((DOCS / "hardware" / f"{name}.json").read_text())
    (tmp_path / "hardware" / f"{name}.json").write_text(json.dumps(data | {"clock_mhz": 12.3}))
    write_table(page, table(tmp_path / "hardware"))
    before, _, rest = page.read_text().partition(BEGIN)
    rows, _, after = rest.partition(END)
    assert before + BEGIN == (DOCS / "hardware.md").read_text()[:len(before + BEGIN)]
    assert after == (DOCS / "hardware.md").read_text().partition(END)[2]
    assert "| 12 |" in rows.splitlines()[-1]
    assert len(rows.splitlines()) == 3


def test_a_page_without_a_place_is_refused(tmp_path):
    (tmp_path / "page.md").write_text(f"{END}\n{BEGIN}")
    with pytest.raises(InputError, match="between which the table is to stand"):
        write_table(tmp_path / "page.md", "")


@pytest.mark.parametrize("name", EXAMPLES)
def test_reports(name):
    """They say which commands make them, what they are of, and what the model of `--target` takes them to need."""
    example = EXAMPLES[name]
    text = (DOCS / "hardware" / f"{name}.txt").read_text()
    data = json.loads((DOCS / "hardware" / f"{name}.json").read_text())
    assert text.startswith("".join(f"# {command}\n" for command in example.commands))
    assert f"{data['clock_mhz']:.1f} MHz" in text
    assert len(data["placements_mhz"]) == example.seeds
    assert data["target"] == example.target
    assert (DOCS / "hardware" / f"{name}.png").stat().st_size > 10_000
    usage = example.estimate()
    for kind, estimated in data["estimated"].items():
        assert estimated == pytest.approx(getattr(usage, kind))
        assert estimated == pytest.approx(data["total"][kind], rel=0.15, abs=2)


@pytest.mark.parametrize(("names", "made"), [([], [*EXAMPLES]), (["random-ice40-hx8k"], ["random-ice40-hx8k"])])
def test_all_are_made_unless_some_are_named(names, made, monkeypatch, tmp_path):
    (tmp_path / "hardware.md").write_text((DOCS / "hardware.md").read_text())
    asked = []
    monkeypatch.setattr(hardware, "make", lambda name, out, build: asked.append(name))
    monkeypatch.setattr("sys.argv", ["hardware", *names, "--out", str(tmp_path / "hardware")])
    assert hardware.main() == 0
    assert asked == made


def test_an_unknown_name_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["hardware", "mlp9"])
    with pytest.raises(SystemExit):
        hardware.main()
    assert "'mlp9' is none of them; give some of mlp1-k5-ecp5-25k" in capsys.readouterr().err
