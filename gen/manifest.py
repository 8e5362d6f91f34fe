"""The manifest: what an emitted folder holds, as types that are checked when the file is read."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from spinsc.errors import InputError
from spinsc.gen.prefix import DEFAULT_PREFIX

MANIFEST = "manifest.json"
#: The artifact that the folder was emitted from, and for replay memories the bits in them, both for checking.
NETWORK = "network.npz"
RECORDING = "recording.npz"
#: Folders of what is compiled or read by what is compiled.
HARDWARE = ("rtl", "mem", "sim")
#: The top module.
TOP = "spinsc_network"
MANIFEST_FORMAT: Final = "spinsc-manifest"
MANIFEST_VERSION: Final = 1

Natural = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
States = Annotated[int, msgspec.Meta(ge=2, le=256)]


class Port(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A port of the top module.

    Attributes
    ----------
    name : str
        In the Verilog.
    direction : str
        Seen from the module.
    width : int
        Bits.
    """

    name: str
    direction: Literal["input", "output"]
    width: Positive


class SideEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the random numbers of one side of a layer come from, as far as it differs from the default.

    Attributes
    ----------
    groups : int or None
        G, groups of devices; None for one per lane.
    assignment : str
        Lane s uses group s mod G, or group s div ceil(S/G).
    delay : int
        Steps by which each further lane of a group sees the group's numbers later.
    source : str
        Comparators of unbiased devices, or a device tuned to the probability of each state.
    thresholds : rows of integers, or None
        T[0..K-1] of each group's comparator; None for the formula's.
    """

    groups: Positive | None = None
    assignment: Literal["round-robin", "blocks"] = "round-robin"
    delay: Natural = 0
    source: Literal["comparator", "tuned"] = "comparator"
    thresholds: tuple[tuple[Natural, ...], ...] | None = None


class PlanEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Plan of the random numbers of a layer.

    Attributes
    ----------
    activation, weight : SideEntry
        Of each side.
    """

    activation: SideEntry
    weight: SideEntry


class DeviceMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which devices a layer reads.

    Attributes
    ----------
    count : int
        Random bits per step.
    first : int
        Number of the layer's first device in the network.
    activation, weight : str or None
        Which device gives which bit of one side, in words; None where a side needs none.
    """

    count: Natural
    first: Natural
    activation: str | None
    weight: str | None


class LayerEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A layer of the hardware. Symbols as in the bit contract.

    Attributes
    ----------
    inputs : int
        I.
    neurons : int
        N.
    input_states : int
        K of the inputs.
    weight_states : int
        K of the weights.
    output_states : int or None
        K of the activations; None for the output layer, which gives scores.
    lanes : int
        S, inputs in parallel.
    units : int
        P, neurons in parallel.
    unroll : int
        B, time steps per cycle.
    rest : int
        Time steps in the last cycle of a chunk, 1..B.
    chunks : int
        C, of the inputs.
    passes : int
        Q, over the neurons.
    activation_bits : int
        m_a.
    weight_bits : int
        m_w.
    accumulator_width : int
        Bits of an accumulator.
    fill_steps : int
        F, steps of an image that fill delay lines.
    compute_steps : int
        Steps of an image in which something is counted.
    cycles_per_image : int
        Clock cycles between two images if nothing makes the layer wait.
    layer_module : str
        Verilog module.
    neuron_module : str
        Verilog module of its neurons.
    weight_files : tuple of str
        Memory images of the units, or the one of the layer, in ``mem``.
    outcome_file : str
        Memory image of the thresholds, or of the output layer's biases, in ``mem``.
    plan : PlanEntry
        Plan of the random numbers.
    delay_flip_flops : int
        Flip-flops of the delay lines.
    devices : DeviceMap
        Which devices it reads.
    word_units : int or None
        Units whose weights lie side by side in a word of the layer's memory; None where each unit has its own memory.
    """

    inputs: Positive
    neurons: Positive
    input_states: States
    weight_states: States
    output_states: States | None
    lanes: Positive
    units: Positive
    unroll: Positive
    rest: Positive
    chunks: Positive
    passes: Positive
    activation_bits: Natural
    weight_bits: Natural
    accumulator_width: Positive
    fill_steps: Natural
    compute_steps: Positive
    cycles_per_image: Positive
    layer_module: str
    neuron_module: str
    weight_files: tuple[str, ...]
    outcome_file: str
    plan: PlanEntry
    delay_flip_flops: Natural
    devices: DeviceMap
    word_units: Positive | None = None


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What ``spinsc emit`` wrote: the file ``manifest.json``.

    Attributes
    ----------
    format : str
        Kind of this file.
    version : int
        Of its format.
    versions : dict of str
        Of the programs that wrote the folder.
    network_hash : str
        Hash of the network, whose artifact is ``network.npz``.
    top : str
        Top module.
    sizes : tuple of int
        Inputs, hidden widths, classes.
    length : int
        L, bits of a stream.
    random_source : str
        Where the hardware takes its random numbers from.
    recorded_images : int or None
        R', images after which replay memories begin again; None where there are none.
    pixels_per_beat : int
        Of the input stream.
    beats_per_image : int
        Of the input stream.
    score_width : int
        Bits of a score.
    cycles_per_image : int
        Clock cycles from result to result, if neither input nor output waits.
    latency_cycles : int
        Clock cycles from the first beat of an image to its class, in an idle network whose output does not wait.
    plan : str
        Plan of the random numbers in words; empty for the default.
    shared_layers : bool
        All layers draw from the same devices.
    devices : int
        Random bits per step, of all layers.
    delay_flip_flops : int
        Flip-flops of all delay lines.
    ports : tuple of Port
        Of the top module.
    layers : tuple of LayerEntry
        Hidden layers in order, then the output layer.
    files : dict of str
        sha256 of every other file of the folder, by its path there.
    tlast : bool
        Both streams have ``tlast``, and images of the wrong length are dropped.
    pipeline : bool
        It has more registers, for a faster clock.
    prefix : str
        What the names of modules, macros and plusargs begin with.
    arithmetic : str
        Of the products: of bit streams, or of integers.
    board : str or None
        Board whose top, constraints and list of sources are in the folder ``board``; None for none.
    """

    format: Literal["spinsc-manifest"]
    version: Literal[1]
    versions: dict[str, str]
    network_hash: str
    top: str
    sizes: Annotated[tuple[Positive, ...], msgspec.Meta(min_length=2)]
    length: Positive
    random_source: str
    recorded_images: Positive | None
    pixels_per_beat: Positive
    beats_per_image: Positive
    score_width: Positive
    cycles_per_image: Positive
    latency_cycles: Positive
    plan: str
    shared_layers: bool
    devices: Natural
    delay_flip_flops: Natural
    ports: tuple[Port, ...]
    layers: Annotated[tuple[LayerEntry, ...], msgspec.Meta(min_length=1)]
    files: dict[str, str]
    tlast: bool = False
    pipeline: bool = False
    prefix: str = DEFAULT_PREFIX
    arithmetic: Literal["stochastic", "binary"] = "stochastic"
    board: str | None = None

    @property
    def inputs(self) -> int:
        """Pixels of an image."""
        return self.sizes[0]

    @property
    def classes(self) -> int:
        return self.sizes[-1]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file."""
        Path(path).write_text(json.dumps(msgspec.to_builtins(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Manifest:
        """Read and check a file.

        Raises
        ------
        OSError
            If it cannot be read.
        InputError
            If it is not a manifest that this version understands.
        """
        content = Path(path).read_bytes()
        try:
            header: Any = msgspec.json.decode(content)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InputError(f"{path} is not a JSON file ({error}); emit the network again") from None
        if not isinstance(header, dict) or header.get("format") != MANIFEST_FORMAT \
                or header.get("version") != MANIFEST_VERSION:
            raise InputError(f"{path} is not a manifest of version {MANIFEST_VERSION}; emit the network again")
        try:
            return msgspec.convert(header, cls)
        except msgspec.ValidationError as error:
            raise InputError(f"{path} is not a valid manifest ({error}); emit the network again") from None


def load_manifest(directory: str | os.PathLike[str]) -> Manifest:
    """Manifest of an emitted folder; InputError if there is none that this version understands."""
    try:
        return Manifest.load(Path(directory) / MANIFEST)
    except OSError as error:
        raise InputError(f"{directory} is not a directory written by 'spinsc emit' ({error})") from None


def edited_files(directory: str | os.PathLike[str], manifest: Manifest) -> list[str]:
    """Files of the hardware that differ from what was emitted, are missing, or were not emitted.

    A manifest without digests says nothing of edits, and nothing is listed.
    """
    if not manifest.files:
        return []
    root = Path(directory)
    present = {path.relative_to(root).as_posix() for folder in HARDWARE for path in sorted((root / folder).rglob("*"))
               if path.is_file()}
    changed = [name for name, digest in manifest.files.items()
               if not (root / name).is_file() or hashlib.sha256((root / name).read_bytes()).hexdigest() != digest]
    return changed + sorted(present - manifest.files.keys())
