"""Edits of the RTL: one that may change no bit, and one that does."""

import shutil

import pytest

pytestmark = pytest.mark.spinsc_cosim(images=3)


@pytest.fixture
def edited(hardware, tmp_path):
    """A copy of the hardware, and what replaces a piece of its Verilog."""
    folder = tmp_path / "edited"
    shutil.copytree(hardware, folder, ignore=shutil.ignore_patterns("build"))

    def edit(name, old, new):
        path = folder / "rtl" / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is not in {name} once"
        path.write_text(text.replace(old, new))
        return folder

    return edit


def test_products_written_in_another_way(edited, spinsc_cosim):
    folder = edited("spinsc_neuron0.v", "assign product = ~ ", "assign product = {28{1'b1}} ^ ")
    report = spinsc_cosim(folder).assert_equal()
    assert report.edited == ["rtl/spinsc_neuron0.v"]


def test_a_gate_that_is_wrong_is_caught(edited, spinsc_cosim):
    folder = edited("spinsc_neuron1.v", "assign product = ~ ", "assign product = ")
    found = spinsc_cosim(folder).run()
    assert not found.passed
    assert found.comparison.origins[0].layer == 1
    assert found.comparison.origins[0].quantity == "accumulator"
