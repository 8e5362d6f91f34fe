"""Single faults put into emitted files, one at a time: co-simulation must catch each and name its place."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding
from spinsc.sim.cosim.directory import open_directory, random_numbers
from spinsc.sim.cosim.run import cosimulate
from tests.coins import replay_of_coins
from tests.fst import Waveform
from tests.tools import needs_waves_of_verilator

IMAGES = 6
FIRST = 5
SEED = 20
TOP = "rtl/spinsc_network.v"


def replace(text: str, pattern: str, replacement: str) -> str:
    """Replace the only match of a pattern."""
    edited, count = re.subn(pattern, replacement, text, flags=re.DOTALL)
    assert count == 1, f"{pattern!r} matches {count} times"
    assert edited != text
    return edited


def in_module(name: str, pattern: str, replacement: str) -> Callable[[str], str]:
    """Replace the only match inside one module of a Verilog file."""

    def edit(text: str) -> str:
        start = re.search(rf"^module \\?{re.escape(name)}[ (]", text, re.MULTILINE)
        assert start, f"no module {name}"
        stop = text.index("endmodule", start.start())
        return text[:start.start()] + replace(text[start.start():stop], pattern, replacement) + text[stop:]

    return edit


def in_line(number: int, change: Callable[[int], int]) -> Callable[[str], str]:
    """Change the word in one line of a memory image."""

    def edit(text: str) -> str:
        lines = text.splitlines()
        digits = len(lines[number])
        value = change(int(lines[number], 16)) & ((1 << 4 * digits) - 1)
        assert value != int(lines[number], 16)
        lines[number] = f"{value:0{digits}x}"
        return "\n".join(lines) + "\n"

    return edit


@dataclass(frozen=True)
class Fault:
    """An edit of one emitted file, and the place that the comparison must name.

    ``neurons`` of None means that any neurons of the layer may be wrong; ``quantity`` that of the first mismatch.
    """

    name: str
    file: str
    edit: Callable[[str], str]
    layer: int
    neurons: set[int] | None = None
    quantity: str | None = None
    source: str = "ports"


# Layer 0 has 20 inputs in lanes of 7 and 9 neurons in units of 4: units 0 to 3 hold neurons 0, 4, 8; 1, 5; ...
FAULTS = [
    Fault("a gate: XOR for XNOR", "rtl/spinsc_neuron0.v",
          in_module("spinsc_neuron0.multiplier", r"product = ~ (\S+) ;", r"product = \1 ;"), 0),
    Fault("a gate: AND for OR in a comparator", "rtl/spinsc_layer0.v",
          in_module("spinsc_layer0.weight_comparator", r" \| ", " & "), 0),
    Fault("a weight", "mem/layer0_weights_1.mem", in_line(4, lambda word: word ^ 0b111), 0, {5}),
    Fault("a threshold", "mem/layer1_thresholds.mem", in_line(2, lambda word: ~word), 1, {2}, "state"),
    Fault("a bias", "mem/layer2_biases.mem", in_line(3, lambda word: word + 1), 2, {3}, "score"),
    Fault("a pixel threshold", "mem/input_thresholds.mem", in_line(0, lambda word: word ^ 0xFF), 0),
    Fault("one step too few", "rtl/spinsc_layer1.v",
          in_module("spinsc_layer1.sequencer", r"cycle == 4'hf", "cycle == 4'he"), 1),
    Fault("a recorded bit", "mem/layer1_recording.mem", in_line(0, lambda word: word ^ 1), 1, source="replay"),
    Fault("swapped lanes", "rtl/spinsc_layer0.v",
          in_module("spinsc_layer0", r"(activation_comparator \(.*?\.random\()(\w+)\)",
                    r"\1{\2[13:7], \2[5], \2[6], \2[4:0]})"), 0),
    Fault("swapped neurons", "rtl/spinsc_neuron1_units.sv",
          in_module("spinsc_neuron1_units", r"decimal\(u\)", "decimal(u == 0 ? 4 : u == 4 ? 0 : u)"), 1, {0, 4}),
    Fault("a tap of the LFSR", TOP,
          in_module("spinsc_network.lfsr1_weight", r"state_21 \^|\^ state_21", "^ state_20"), 1, source="lfsr"),
    Fault("an accumulator that is not cleared", "rtl/spinsc_neuron2.v",
          in_module("spinsc_neuron2.accumulator", r"first \? \d+'h0+ : running", "running"), 2),
]


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """A small network of three layers, S and P that divide nothing, emitted once for each random source."""
    network = random_network((20, 9, 6, 4), input_states=5, weight_states=5, activation_states=3, length=16, seed=3,
                             folding=[Folding(7, 4), Folding(4, 6), Folding(6, 4)])
    folder = tmp_path_factory.mktemp("faults")
    rng = np.random.default_rng(SEED)
    for source in ("ports", "lfsr", replay_of_coins(network, rng)):
        emit(network, folder / getattr(source, "name", source), source=source, pixels_per_beat=3)
    return folder


@pytest.fixture(scope="module")
def digits():
    rng = np.random.default_rng(SEED)
    return rng.integers(0, 256, (IMAGES, 20), dtype=np.uint8), np.zeros(IMAGES, np.uint8)


def run(directory: Path, digits):
    manifest, network = open_directory(directory)
    options = {"seed": SEED, "period": 7} if manifest.random_source == "ports" else {}
    streams = random_numbers(manifest, network, directory, **options)
    return cosimulate(directory, *digits, streams, first=FIRST, jobs=2, stress=0)


@pytest.mark.parametrize("source", ["ports", "lfsr", "replay"])
def test_intact(emitted, digits, source):
    report = run(emitted / source, digits)
    assert report.passed
    assert report.comparison.images == IMAGES
    assert report.comparison.words == IMAGES * (9 + 9 + 6 + 6 + 4 + 4 + 1)
    assert not report.edited


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_is_caught_and_located(emitted, digits, fault, tmp_path):
    directory = tmp_path / "edited"
    shutil.copytree(emitted / fault.source, directory)
    path = directory / fault.file
    path.write_text(fault.edit(path.read_text()))

    report = run(directory, digits)

    assert not report.passed
    assert report.edited == [fault.file]
    place = report.comparison.listed[0]
    print(f"{fault.name}: {place}")
    assert place.layer == fault.layer
    assert FIRST <= place.image < FIRST + IMAGES
    if fault.quantity is not None:
        assert place.quantity == fault.quantity
    if fault.neurons is not None:
        assert place.neuron in fault.neurons
        wrong = report.comparison.bad_neurons.get(fault.layer, {}).keys()
        assert set(report.comparison.bad_neurons) <= {fault.layer}
        assert wrong <= fault.neurons
    if place.got is not None:
        assert place.expected != place.got


def test_expected_value_is_the_golden_one(emitted, digits, tmp_path):
    directory = tmp_path / "edited"
    shutil.copytree(emitted / "ports", directory)
    path = directory / "mem/layer0_weights_1.mem"
    path.write_text(in_line(4, lambda word: word ^ 0b111)(path.read_text()))
    manifest, network = open_directory(directory)
    streams = random_numbers(manifest, network, directory, seed=SEED, period=7)
    golden = evaluate(network, digits[0], streams, first=FIRST, method="literal")

    place = run(directory, digits).comparison.listed[0]

    assert place.quantity == "accumulator"
    assert place.expected == golden.accumulators[place.layer][place.image - FIRST, place.neuron]


def test_wrong_recording_of_one_bit_for_the_junctions(emitted, digits):
    """The same network on two recordings that differ in one sample of one device: the results differ in its layer."""
    directory = emitted / "ports"
    manifest, network = open_directory(directory)
    streams = random_numbers(manifest, network, directory, seed=SEED, period=7)
    packed = streams.recording.packed.copy()
    packed[network.device_bases[1], 0] ^= 1
    other = type(streams)(type(streams.recording)(packed, streams.recording.steps, streams.recording.metadata), network)
    before = evaluate(network, digits[0], streams)
    after = evaluate(network, digits[0], other)
    assert np.array_equal(before.accumulators[0], after.accumulators[0])
    changed = np.flatnonzero((before.accumulators[1] != after.accumulators[1]).any(1))
    assert changed.tolist() == [0]


@needs_waves_of_verilator
def test_waveform_of_the_first_bad_image(emitted, digits, tmp_path):
    directory = tmp_path / "edited"
    shutil.copytree(emitted / "ports", directory)
    path = directory / "mem/layer1_thresholds.mem"
    path.write_text(in_line(2, lambda word: ~word)(path.read_text()))
    manifest, network = open_directory(directory)
    streams = random_numbers(manifest, network, directory, seed=SEED, period=7)
    report = cosimulate(directory, *digits, streams, first=FIRST, waves=True, stress=0)
    assert report.waveform is not None
    assert report.waveform.name == f"image{report.comparison.listed[0].image}.fst"
    assert len(Waveform(report.waveform).widths) > 100


@pytest.mark.parametrize("quantity", ["cycles_per_image", "latency_cycles"])
def test_hardware_that_keeps_other_times_than_predicted_fails(emitted, digits, tmp_path, quantity):
    directory = tmp_path / "edited"
    shutil.copytree(emitted / "ports", directory)
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest[quantity] += 1
    path.write_text(json.dumps(manifest))
    report = run(directory, digits)
    assert report.comparison.mismatches == 0
    assert report.untimely
    assert not report.passed
