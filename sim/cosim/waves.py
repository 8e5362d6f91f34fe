"""Waveforms: of which image and layer, and what a viewer shows of them first, in the order in which the data flows."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vcd.gtkw import GTKWSave

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.gen.manifest import Manifest
from spinsc.sim.cosim.harness import BULK_TOP

#: Path of the network in waveforms.
NETWORK = f"{BULK_TOP}.network"
_DECLARATION = re.compile(r"^\s*(?:input|output|wire|reg)\s+(?:\[(\d+):0\]\s*)?(\w+)\s*[;=]")
_MODULE = re.compile(r"^module\s+\\?([\w.$]+)")
#: Signals that are numbers, by their names; all others are bits.
_NUMBERS = re.compile(
    r"(trace\d+_)?(index|best_index|accumulator|state|chunk|count|counted|ones|running|held)(_\d+)?")
_SIGNED = re.compile("score|best|bias")
_PRODUCTS = re.compile(r"(product|count|counted|ones)(_\d+)?")


@dataclass(frozen=True)
class Waves:
    """What waveforms are wanted.

    Attributes
    ----------
    image : int or None
        Of this image, whatever is found; by default of the first that differs, or else of stress that differs.
    layer : int or None
        Only of this layer and of the network's ports; by default of everything.
    """

    image: int | None = None
    layer: int | None = None

    @classmethod
    def wanted(cls, waves: bool | int, layer: int | None) -> Waves | None:
        """True for the default image, a number for another, False for none."""
        if waves is False:
            if layer is not None:
                raise InputError("a layer for waveforms has no effect without waveforms; give --waves, too")
            return None
        return cls(None if waves is True else waves, layer)

    def check(self, manifest: Manifest, first: int, images: int, netlist: bool) -> None:
        """Refuse what is not in a run of so many images from ``first`` on, or not in a netlist."""
        if self.image is not None and not first <= self.image < first + images:
            raise InputError(f"--waves {self.image}: the images of this run are {first} to {first + images - 1}")
        if self.layer is not None and netlist:
            raise InputError(f"--waves-layer {self.layer}: a netlist has no layers; leave it out")
        if self.layer is not None and not 0 <= self.layer < len(manifest.layers):
            raise InputError(f"--waves-layer must be from 0 to {len(manifest.layers) - 1}, not {self.layer}")

    def name(self, simulated: str) -> str:
        """Name of the files, without suffix, of what is simulated."""
        return simulated if self.layer is None else f"{simulated}-layer{self.layer}"

    def traced(self, manifest: Manifest) -> tuple[tuple[str, int], ...]:
        """Of the bulk simulation's `Design`."""
        if self.layer is None:
            return ()
        return ((NETWORK, 1), (f"{NETWORK}.layer{self.layer}", 0),
                (f"{NETWORK}.{_outcome(manifest, self.layer)}", 0))


@dataclass(frozen=True)
class Signal:
    """A signal in a waveform: its path, without the range of its bits, and how it is read."""

    path: str
    width: int

    @property
    def format(self) -> str:
        """A format of GTKWave's."""
        name = self.path.rpartition(".")[2]
        if self.width == 1:
            return "bin"
        return "dec" if _NUMBERS.fullmatch(name) else "signed" if _SIGNED.fullmatch(name) else "hex"

    @property
    def name(self) -> str:
        """As GTKWave has it."""
        return self.path + (f"[{self.width - 1}:0]" if self.width > 1 else "")


def reading_order(manifest: Manifest, verilog: Iterable[Path], layer: int | None = None,
                  units: Mapping[int, int] | None = None) -> list[tuple[str, list[Signal]]]:
    """Groups of signals from the pixels to the class, as far as the Verilog declares them.

    Parameters
    ----------
    manifest : Manifest
    verilog : paths
        What is simulated.
    layer : int, optional
        Only this layer.
    units : mapping, optional
        Of a layer's neuron units, the one that is shown; by default the first.
    """
    declared = _declared(verilog)

    def found(module: str, path: str, *names: str) -> list[Signal]:
        known = declared.get(module, {})
        return [Signal(".".join(filter(None, (NETWORK, path, name))), known[name]) for name in names if name in known]

    top = manifest.top
    groups = [("clock", found(top, "", "clk", "rst"))]
    if layer is None:
        groups += [("stream in", found(top, "", *(f"s_axis_{name}" for name in ("tvalid", "tready", "tlast", "tdata")))
                    + found(f"{top}.quantizer", "quantizer", "output__valid", "output__ready", "output__payload"))]
    for number in range(len(manifest.layers)) if layer is None else [layer]:
        entry, outcome = manifest.layers[number], _outcome(manifest, number)
        inside, unit = f"layer{number}", (units or {}).get(number, 0)
        neuron = f"{inside}.neuron_units.g_unit[{unit}].neuron"
        traced = [f"trace{number}_{name}" for name in ("valid", "index", "accumulator", "state")]
        groups += [(f"layer {number}: {title}", signals) for title, signals in (
            ("state buffer", found(entry.layer_module, inside, "input__valid", "input__ready", "input__payload", "full",
                                   "chunk", "states")),
            ("random numbers", found(entry.layer_module, inside, "step", "last_step", "random_activation",
                                     "random_weight", "bits")),
            (f"products and counts of unit {unit}", found(entry.neuron_module, neuron, *filter(
                _PRODUCTS.fullmatch, declared.get(entry.neuron_module, {})))),
            ("accumulators", found(f"{entry.neuron_module}.accumulator", f"{neuron}.accumulator", "valid", "first",
                                   "last", "running", "held") + found(top, "", *traced[:3])),
            ("activation" if outcome != "argmax" else "argmax",
             found(f"{top}.{outcome}", outcome, "thresholds", "bias", "score", "best", "best_index")
             + found(top, "", *traced[3:])))]
    groups += [("out", found(top, "", *(f"m_axis_{name}" for name in ("tvalid", "tready", "tlast", "tdata", "tuser"))))]
    return [(title, signals) for title, signals in groups if signals]


def write_views(waveform: Path, groups: Sequence[tuple[str, Sequence[Signal]]]) -> None:
    """Write what shows the groups beside a waveform: a save file of GTKWave's and a command file of Surfer's."""
    text = io.StringIO()
    save = GTKWSave(text)
    save.dumpfile(waveform.name, abspath=False)
    for title, signals in groups:
        with save.group(title):
            for signal in signals:
                save.trace(signal.name, alias=signal.path.removeprefix(f"{NETWORK}."), datafmt=signal.format)
    write_atomically(waveform.with_suffix(".gtkw"), text.getvalue().encode())
    lines = [line for title, signals in groups
             for line in (f"divider_add {title}", *(f"variable_add {signal.path}" for signal in signals))]
    write_atomically(waveform.with_suffix(".sucl"), "".join(f"{line}\n" for line in lines).encode())


def _outcome(manifest: Manifest, layer: int) -> str:
    """Instance of what makes the states, or the class, of a layer's accumulators."""
    return "argmax" if layer == len(manifest.layers) - 1 else f"activation{layer}"


def _declared(verilog: Iterable[Path]) -> dict[str, dict[str, int]]:
    """Widths of the signals of each module, as far as they are declared one a line."""
    modules: dict[str, dict[str, int]] = {}
    signals: dict[str, int] = {}
    for path in verilog:
        for line in path.read_text(errors="replace").splitlines():
            if (begun := _MODULE.match(line)) is not None:
                signals = modules.setdefault(begun[1], {})
            elif (found := _DECLARATION.match(line)) is not None:
                signals[found[2]] = int(found[1] or 0) + 1
    return modules
