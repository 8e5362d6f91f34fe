"""What an emitted directory holds, that its manifest is true, and that emission is all or nothing."""

import hashlib
import re
import subprocess
import sys

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen import emit as emit_module
from spinsc.gen.cycles import layer_cycles, network_cycles
from spinsc.gen.design import layer_shape
from spinsc.gen.emit import emit
from spinsc.gen.manifest import DeviceMap, edited_files, load_manifest
from spinsc.gen.random_sources.replay import Replay
from spinsc.gen.random_sources.source import RecordedImage
from spinsc.models.artifact import load_artifact
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from tests.coins import replay_of_coins

SOURCES = ["ports", "lfsr", "replay"]
SHAPE = {"input_states": 5, "weight_states": 11, "activation_states": 3, "length": 9,
         "folding": [Folding(5, 3), Folding(4, 2), Folding(2, 3)]}


def network(seed=1, **changes):
    return random_network((13, 7, 5, 4), seed=seed, **SHAPE | changes)


def emit_from(source, described, directory, **options):
    if source == "replay":
        source = replay_of_coins(described, np.random.default_rng(5))
    return emit(described, directory, source=source, **options)


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """Directory of each source of random numbers."""
    root = tmp_path_factory.mktemp("emitted")
    for source in SOURCES:
        emit_from(source, network(), root / source)
    return root


def verilog_ports(text, module):
    """Direction and width of each port of a module in Amaranth's Verilog."""
    body = re.search(rf"^module {module}\(.*?^endmodule", text, re.S | re.M)[0]
    return {name: (direction, int(high or 0) + 1)
            for direction, high, name in re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", body, re.M)}


@pytest.mark.parametrize("source", SOURCES)
def test_files(emitted, source):
    found = {str(path.relative_to(emitted / source)) for path in (emitted / source).rglob("*") if path.is_file()}
    layers = {f"mem/layer{number}_weights_{unit}.mem" for number, folding in enumerate(SHAPE["folding"])
              for unit in range(folding.units)}
    expected = {"manifest.json", "network.npz", "lint.vlt", "rtl/spinsc_network.v", "rtl/spinsc_popcount.sv",
                "rtl/spinsc_rom.sv", "rtl/spinsc_weights.sv",
                *(f"rtl/spinsc_{part}{n}.v" for part in ("layer", "neuron") for n in range(3)),
                *(f"rtl/spinsc_neuron{n}_units.sv" for n in range(3)),
                "mem/input_thresholds.mem",
                "mem/layer0_thresholds.mem", "mem/layer1_thresholds.mem", "mem/layer2_biases.mem", *layers}
    if source == "ports":
        expected.add("sim/spinsc_smtj_array.sv")
    if source == "replay":
        expected |= {"recording.npz", *(f"mem/layer{n}_recording.mem" for n in range(3))}
    assert found == expected
    manifest = load_manifest(emitted / source)
    assert set(manifest.files) == expected - {"manifest.json"}
    for name, digest in manifest.files.items():
        assert hashlib.sha256((emitted / source / name).read_bytes()).hexdigest() == digest
    assert load_artifact(emitted / source / "network.npz").hash == network().hash == manifest.network_hash


@pytest.mark.parametrize("source", SOURCES)
def test_manifest_ports_are_the_verilogs(emitted, source):
    text = (emitted / source / "rtl" / "spinsc_network.v").read_text()
    manifest = load_manifest(emitted / source)
    assert verilog_ports(text, manifest.top) == {
        port.name: (port.direction, port.width) for port in manifest.ports}
    random = {port.name: port.width for port in manifest.ports if port.name.startswith("random")}
    if source != "ports":
        assert random == {}
    for number, layer in enumerate(network().layers):
        if source == "ports":
            assert random[f"random{number}_activation"] == layer.folding.lanes * layer.activation.bits
            assert random[f"random{number}_weight"] == layer.folding.lanes * layer.weight.bits


def test_manifest_describes_the_network(emitted):
    described, manifest = network(), load_manifest(emitted / "ports")
    assert manifest.sizes == (13, 7, 5, 4)
    assert manifest.length == 9
    assert (manifest.random_source, manifest.recorded_images) == ("ports", None)
    assert load_manifest(emitted / "replay").recorded_images == 1
    assert (manifest.pixels_per_beat, manifest.beats_per_image) == (4, 4)
    assert manifest.devices == described.devices == sum(layer.devices.count for layer in manifest.layers)
    seen = 0
    for layer, entry in zip(described.layers, manifest.layers, strict=True):
        lanes, m_a, m_w = layer.folding.lanes, layer.activation.bits, layer.weight.bits
        assert (entry.lanes, entry.units) == (lanes, layer.folding.units)
        assert entry.chunks == -(-layer.inputs // lanes)
        assert entry.passes == -(-layer.neurons // layer.folding.units)
        assert entry.compute_steps == entry.chunks * entry.passes * 9
        assert entry.accumulator_width == (layer.inputs * 9).bit_length()
        # The device map: activations first, then weights, both in bit planes.
        devices = entry.devices
        assert (devices.first, devices.count) == (seen, lanes * (m_a + m_w))
        assert devices.activation == f"bit b of lane s: device {seen} + b*{lanes} + s"
        assert devices.weight == f"bit b of lane s: device {seen + m_a * lanes} + b*{lanes} + s"
        seen += devices.count


def test_manifest_names_no_device_where_none_is(tmp_path):
    manifest = emit(network(input_states=2, weight_states=2), tmp_path / "hw")
    assert [(layer.devices.activation, layer.devices.weight) for layer in manifest.layers] == [
        (None, None), ("bit b of lane s: device 0 + b*4 + s", None), ("bit b of lane s: device 4 + b*2 + s", None)]
    assert manifest.devices == 6


def test_manifest_describes_the_plan(tmp_path):
    described = network().with_plan("groups=2,delay=3,weight.source=tuned")
    manifest = emit(described, tmp_path / "hw")
    assert manifest.plan == described.plan != ""
    assert manifest.shared_layers is False
    seen = 0
    for layer, entry in zip(described.layers, manifest.layers, strict=True):
        # two groups a side: at most ceil(lanes/2) lanes each
        assert entry.fill_steps == 3 * (-(-layer.folding.lanes // 2) - 1)
        inner = layer.weight.states - 2
        name = "group g" if layer.folding.lanes > 2 else "lane s"
        assert entry.devices == DeviceMap(
            2 * (layer.activation.bits + inner), seen,
            activation=f"bit b of {name}: device {seen} + b*2 + {name[-1]}",
            weight=f"bit of state k of {name}, P(1) = k/{inner + 1}: "
                   f"device {seen + 2 * layer.activation.bits} + (k-1)*2 + {name[-1]}")
        assert entry.delay_flip_flops == entry.devices.count * entry.fill_steps
        seen += entry.devices.count
    assert manifest.delay_flip_flops == sum(entry.delay_flip_flops for entry in manifest.layers)
    shared = emit(network().with_plan("shared"), tmp_path / "shared")
    assert [entry.devices.first for entry in shared.layers] == [0, 0, 0]
    assert shared.devices == max(entry.devices.count for entry in shared.layers)


@pytest.mark.parametrize("source", SOURCES)
def test_lint_says_nothing(emitted, source, lint):
    assert lint(emitted / source) == ""


def test_lint_of_the_junctions_says_nothing(emitted, lint):
    assert lint(emitted / "ports", "sim/spinsc_smtj_array.sv") == ""


def test_lint_fixture_reports(emitted, lint, tmp_path):
    for name in ("lint.vlt", "rtl/spinsc_popcount.sv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((emitted / "ports" / name).read_bytes())
    path = tmp_path / "rtl" / "spinsc_popcount.sv"
    path.write_text(path.read_text().replace("endmodule", "  logic forgotten;\nendmodule"))
    assert "UNUSEDSIGNAL" in lint(tmp_path, "rtl/spinsc_popcount.sv")


def test_verilog_holds_no_weights(tmp_path):
    """Networks that differ in weights, thresholds and biases have the same Verilog; only memory images differ."""
    for seed in (1, 2):
        emit(network(seed), tmp_path / str(seed))
    first, second = tmp_path / "1", tmp_path / "2"
    names = sorted(str(path.relative_to(first)) for path in first.rglob("*") if path.is_file())
    differing = {name for name in names if (first / name).read_bytes() != (second / name).read_bytes()}
    assert differing == {name for name in names if name.startswith("mem/")} | {"network.npz", "manifest.json"}


def test_emission_is_repeatable(emitted, tmp_path):
    """Except for the artifact, whose archive carries the time."""
    emit(network(), tmp_path / "again")
    old, new = load_manifest(emitted / "ports"), load_manifest(tmp_path / "again")
    old.files.pop("network.npz")
    new.files.pop("network.npz")
    assert old == new


def test_edited_and_missing_files_are_named(tmp_path):
    manifest = emit(network(), tmp_path / "hw")
    assert edited_files(tmp_path / "hw", manifest) == []
    with (tmp_path / "hw" / "mem" / "layer1_weights_0.mem").open("a") as file:
        file.write("0\n")
    (tmp_path / "hw" / "rtl" / "spinsc_rom.sv").unlink()
    assert edited_files(tmp_path / "hw", manifest) == ["mem/layer1_weights_0.mem", "rtl/spinsc_rom.sv"]


def snapshot(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize("occupied", ["folder", "file"])
def test_nothing_is_overwritten(tmp_path, occupied):
    target = tmp_path / "hw"
    if occupied == "folder":
        target.mkdir()
        (target / "notes.txt").write_text("mine")
    else:
        target.write_text("mine")
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match=r"hw is not empty; give a new folder"):
        emit(network(), target)
    assert snapshot(tmp_path) == before


def test_empty_folder_and_new_parents(tmp_path):
    (tmp_path / "empty").mkdir()
    emit(network(), tmp_path / "empty")
    emit(network(), tmp_path / "new" / "parents" / "hw")
    assert (tmp_path / "empty" / "manifest.json").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "new"}
    assert [path.name for path in (tmp_path / "new" / "parents").iterdir()] == ["hw"]
    assert (tmp_path / "empty").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("step", ["_write_rtl", "_write_memories", "describe"])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError])
def test_interrupted_emission_leaves_nothing(tmp_path, monkeypatch, step, interruption):
    def interrupted(*args, **options):
        raise interruption

    monkeypatch.setattr(emit_module, step, interrupted)
    with pytest.raises(interruption):
        emit(network(), tmp_path / "hw")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("options", "message"), [
    ({"pixels_per_beat": 0}, "pixels per beat must be at least 1, not 0"),
    ({"source": "dice"}, "unknown random source 'dice'; choose ports, lfsr or replay"),
    ({"source": "replay"}, "--rng replay and --recording must be given together"),
    ({"source": Replay(RecordedImage({n: np.zeros((9, 9), np.uint8) for n in range(3)}, "nothing"))},
     r"recorded bits of layer 0 must have shape \(81, 50\), not \(9, 9\)")])
def test_unfit_values(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        emit(network(), tmp_path / "hw", **options)
    assert list(tmp_path.iterdir()) == []


def test_beat_is_cut_to_the_lanes(tmp_path):
    manifest = emit(network(), tmp_path / "hw", pixels_per_beat=100)
    assert (manifest.pixels_per_beat, manifest.beats_per_image) == (5, 3)


def test_layers_of_one_kind_share_their_neuron(tmp_path):
    described = random_network((8, 8, 8, 8), input_states=5, weight_states=5, activation_states=5, length=4, seed=1,
                               folding=[Folding(4, 8), Folding(4, 8), Folding(2, 8)])
    manifest = emit(described, tmp_path / "hw")
    assert [layer.neuron_module for layer in manifest.layers] == [
        "spinsc_neuron0", "spinsc_neuron0", "spinsc_neuron1"]


def test_verilog_does_not_grow_with_the_units(tmp_path):
    """Amaranth's netlist would take memory for each: they are a ``for`` in the hand-written module."""
    sizes = []
    for units in (2, 40):
        described = random_network((8, 40, 4), input_states=5, weight_states=5, activation_states=5, length=4, seed=1,
                                   folding=[Folding(4, units), Folding(4, 2)])
        emit(described, tmp_path / f"{units}")
        sizes.append({path.name: len(path.read_text().splitlines()) for path in (tmp_path / f"{units}/rtl").iterdir()})
    # A counter of one pass needs fewer gates than one of many.
    assert sizes[0].keys() == sizes[1].keys()
    assert all(sizes[1][name] <= sizes[0][name] for name in sizes[0]), sizes


def test_cycle_prediction():
    """By hand: a pass takes its steps or, if that is longer, handing out the results of the one before."""
    shape = layer_shape(network().layers[0], 9)
    assert layer_cycles(shape) == 3 * 27
    slow = random_network((4, 50, 2), input_states=5, weight_states=5, activation_states=5, length=2, seed=1,
                          folding=[Folding(4, 20), Folding(50, 2)])
    assert layer_cycles(layer_shape(slow.layers[0], 2)) == 2 * (20 + 3) + (10 + 3)
    # Gathering 13 states, one per cycle, into 5 lanes takes 15 cycles.
    quick = network(length=1, folding=[Folding(5, 7), Folding(7, 5), Folding(5, 4)])
    assert layer_cycles(layer_shape(quick.layers[0], 1)) == 7 + 3
    assert network_cycles([layer_shape(quick.layers[0], 1)], 1) == 15
    assert network_cycles([layer_shape(quick.layers[0], 1)], 4) == 10


LARGE = """
import resource, sys, time
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
network = random_network((784, 512, 512, 512, 10), input_states=5, weight_states=5, activation_states=5, length=100,
                         seed=1)
started = time.monotonic()
emit(network, sys.argv[1], source="lfsr")
unit = 1024 if sys.platform == "darwin" else 1
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
print(time.monotonic() - started, own, children)
"""


def test_large_network_in_bounded_memory(tmp_path):
    """784-512-512-512-10 with all neurons in parallel, in less than 1 GiB, Yosys included."""
    command = [sys.executable, "-c", LARGE, str(tmp_path / "hw")]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, own_kib, children_kib = map(float, output.split())
    print(f"{seconds:.1f} s, {own_kib / 2**20:.2f} GiB, and {children_kib / 2**20:.2f} GiB in Yosys")
    assert own_kib + children_kib < 2**20
    assert len(list((tmp_path / "hw" / "mem").iterdir())) == 1 + 3 * 513 + 11
