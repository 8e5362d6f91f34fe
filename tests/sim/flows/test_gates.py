"""Synthesized netlists against the golden model, bit for bit, and that a wrong one is found."""

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.gen.manifest import load_manifest
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cosim.run import cosimulate
from spinsc.sim.flows.netlist import read_commands
from spinsc.sim.flows.steps import run_yosys
from spinsc.sim.flows.synthesis import run
from tests.gates import with_a_wrong_table
from tests.tools import needs_standard_cells

IMAGES = np.random.default_rng(1).integers(0, 256, (24, 6)).astype(np.uint8)
LABELS = np.zeros(len(IMAGES), int)


def ignore(stage):
    pass


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    network = random_network((6, 3, 2), input_states=3, weight_states=3, activation_states=3, length=2, seed=1,
                             folding=[Folding(3, 2), Folding(3, 1)])
    folder = tmp_path_factory.mktemp("gates") / "hw"
    emit(network, folder, pixels_per_beat=1)
    return folder


def test_generic_gates(directory, tmp_path):
    """One module of gates, as ``synth`` of Yosys makes them."""
    run_yosys(tmp_path, [*read_commands(directory, load_manifest(directory)), "synth -flatten -top spinsc_network",
                         "write_verilog -noattr -noexpr gates.v"], ignore)
    assert "\\$_XNOR_ " in (tmp_path / "gates.v").read_text()
    report = cosimulate(directory, IMAGES, LABELS, netlist=tmp_path / "gates.v")
    assert report.passed
    assert report.cycles_per_image == report.predicted_cycles_per_image


def test_ecp5(directory, tmp_path):
    """A netlist of LUTs and carries; one inverted look-up table is enough to fail."""
    found = run(directory, "ecp5-25k", placed=False, clock_mhz=None, progress=ignore)
    assert cosimulate(directory, IMAGES, LABELS, netlist=found.netlist).passed
    report = cosimulate(directory, IMAGES, LABELS, netlist=with_a_wrong_table(found.netlist, tmp_path))
    assert not report.passed
    assert report.comparison.listed[0].layer == 0


@needs_standard_cells
def test_standard_cells(directory):
    found = run(directory, "asic", placed=False, clock_mhz=None, progress=ignore)
    assert cosimulate(directory, IMAGES, LABELS, netlist=found.netlist).passed


@pytest.mark.parametrize(("text", "message"), [
    (None, "cannot be read"), ("module other; endmodule\n", "has no module spinsc_network"),
    ("module spinsc_network; CELL one (); endmodule\n", "CELL' referenced in module `spinsc_network'")])
def test_refused(directory, tmp_path, text, message):
    path = tmp_path / "netlist.v"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError) as error:
        cosimulate(directory, IMAGES, LABELS, netlist=path)
    assert message in str(error.value).replace("\\", "")
