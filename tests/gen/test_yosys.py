"""Emitted Verilog in Yosys: it elaborates, is free of latches and loops, and its ROMs hold the memory images."""

import json

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.flows.steps import run_yosys
from tests.coins import replay_of_coins


def yosys(directory, *commands):
    run_yosys(directory, commands, lambda stage: None)


@pytest.fixture(scope="module", params=["ports", "lfsr", "replay", "ports of a plan"])
def directory(request, tmp_path_factory):
    """Emitted and elaborated; the design lies in ``design.json``."""
    network = random_network((13, 11, 5, 4), input_states=5, weight_states=11, activation_states=3, length=3, seed=1,
                             folding=[Folding(5, 11), Folding(4, 2), Folding(2, 3)])
    source = request.param.partition(" ")[0]
    if request.param != source:
        network = network.with_plan("groups=2,delay=3,weight.source=tuned,activation.assignment=blocks")
    rng = np.random.default_rng(1)
    folder = tmp_path_factory.mktemp("yosys") / "hw"
    emit(network, folder, source=replay_of_coins(network, rng) if source == "replay" else source)
    files = sorted(f"rtl/{path.name}" for path in (folder / "rtl").iterdir())
    yosys(folder, f"read_verilog -sv {' '.join(files)}", "hierarchy -check -top spinsc_network", "proc",
          "check -assert", "write_json design.json")
    return folder


def file_of(module):
    """Name of a memory's image; Yosys gives one that was put together as the bits of its characters."""
    name = module["parameter_default_values"]["FILE"]
    return bytes(int(name[at:at + 8], 2) for at in range(0, len(name), 8)).decode() if set(name) <= {"0", "1"} else name


@pytest.fixture(scope="module")
def design(directory):
    return json.loads((directory / "design.json").read_text())["modules"]


def test_hierarchy(design):
    """A neuron is one module, however many there are; popcount and ROM come in several widths."""
    neurons = [name for name in design if name.startswith("spinsc_neuron") and "." not in name]
    assert sorted(neurons) == ["spinsc_neuron0", "spinsc_neuron1", "spinsc_neuron2"]
    instances = [cell["type"] for module in design.values() for cell in module["cells"].values()]
    assert [instances.count(name) for name in sorted(neurons)] == [11, 2, 3]
    for primitive in ("spinsc_popcount", "spinsc_rom", "spinsc_weights"):
        assert any(name.startswith("$paramod") and name.endswith(primitive) for name in design)


def test_no_latches_and_one_clock(design):
    types = {cell["type"] for module in design.values() for cell in module["cells"].values()}
    assert "$dff" in types
    assert not {kind for kind in types if "latch" in kind or kind in ("$adff", "$aldff", "$dffsr", "$sr")}
    for module in design.values():
        clocks = {cell["connections"]["CLK"][0] for cell in module["cells"].values() if cell["type"] == "$dff"}
        assert len(clocks) <= 1


def test_roms_hold_the_memory_images(directory, design):
    """Every memory image is in a ROM of the elaborated design, word for word."""
    seen = set()
    for name, module in design.items():
        if not name.startswith("$paramod") or not name.endswith(("spinsc_rom", "spinsc_weights")):
            continue
        (memory,) = module["memories"].values()
        width, depth = memory["width"], int(module["parameter_default_values"]["DEPTH"], 2)
        file = file_of(module)
        seen.add(file)
        words = [int(line, 16) for line in (directory / "mem" / file).read_text().split()]
        assert len(words) == depth
        contents = [cell for cell in module["cells"].values() if cell["type"] == "$meminit_v2"]
        found = {}
        for cell in contents:
            first = int("".join(reversed(cell["connections"]["ADDR"])), 2)
            bits = "".join(cell["connections"]["DATA"])
            for number in range(len(bits) // width):
                found[first + number] = int(bits[number * width:(number + 1) * width][::-1], 2)
        assert found == dict(enumerate(words)), file
    assert seen == {path.name for path in (directory / "mem").iterdir()}


def test_memory_images_may_lie_elsewhere(directory, tmp_path):
    """``SPINSC_MEM_DIR`` says where, so that synthesis can run in a folder of its own."""
    rtl = sorted(str(path) for path in (directory / "rtl").iterdir())
    yosys(tmp_path, f'read_verilog -sv -DSPINSC_MEM_DIR="{directory}/mem/" {" ".join(rtl)}',
          "hierarchy -check -top spinsc_network", "proc", "write_json elsewhere.json")
    modules = json.loads((tmp_path / "elsewhere.json").read_text())["modules"]
    roms = [module for name, module in modules.items()
            if name.startswith("$paramod") and name.endswith(("spinsc_rom", "spinsc_weights"))]
    assert roms
    assert all(any(cell["type"] == "$meminit_v2" for cell in module["cells"].values()) for module in roms)


def test_missing_memory_image_is_an_error(directory, tmp_path):
    rtl = sorted(str(path) for path in (directory / "rtl").iterdir())
    with pytest.raises(InputError, match="Can not open file `mem/"):
        yosys(tmp_path, f"read_verilog -sv {' '.join(rtl)}", "hierarchy -check -top spinsc_network")


def test_junctions_are_a_black_box(directory):
    """The array of junctions that stands for an analog macro, as synthesis sees it."""
    if not (directory / "sim").is_dir():
        return
    yosys(directory, "read_verilog -sv sim/spinsc_smtj_array.sv", "write_json array.json")
    modules = json.loads((directory / "array.json").read_text())["modules"]
    assert int(modules["spinsc_smtj_array"]["attributes"]["blackbox"], 2) == 1
    assert set(modules["spinsc_smtj_array"]["ports"]) == {"clk", "rst", "step", "partial", "random"}
