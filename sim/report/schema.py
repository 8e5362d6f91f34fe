"""What ``--json`` prints of an evaluation, a co-simulation and a sweep, as types with a JSON schema.

``python -m spinsc.sim.report.schema docs`` writes ``docs/eval.schema.json`` and so on.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class NetworkData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A network: widths, states of its sides, stream length, plan, devices, digest."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    sizes: list[Count]
    input_states: Count
    weight_states: list[Count]
    activation_states: list[Count]
    length: Count
    arithmetic: str
    plan: str
    devices: Count
    hash: str


class ImagesData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of a test set."""

    count: Count
    first: Count
    source: str


class RandomBitsData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Random bits, and images after which they repeat."""

    source: str
    period: Count
    recording_hash: str | None


class MismatchData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One word that differs; ``got`` is null where the hardware gave nothing, ``cycle`` where nobody noted it."""

    image: Count
    layer: Count
    neuron: Count
    quantity: str
    expected: int
    got: int | None
    cycle: Count | None


class SimulatorData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What simulated."""

    name: str
    version: str
    origin: str


class StressData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found under pauses, stops and resets; ``violations`` are of a port's protocol, with cycle and image."""

    passed: bool
    seeds: list[Count]
    images: Count
    words: Count
    bits: Count
    resets: Count
    cycles: Count
    mismatches: Count
    listed: list[MismatchData]
    violations: list[str]


class EvalData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An evaluation by the golden model."""

    network: NetworkData
    images: ImagesData
    random_bits: RandomBitsData
    recording: str | None
    what_would_do: str | None
    accuracy: Share
    correct: Count
    seconds: Seconds
    device: str


class CoverageData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds that were told from their neighbours, see ``docs/verification.md``; ``same`` counts by reason."""

    kind: str
    layer: int | None
    thresholds: Count
    both: Count
    one: Count
    never: Count
    alone: Count
    neighbours: Count
    told: Count
    same: dict[str, Count]
    share: Share


class DirectedData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Directed images of a co-simulation."""

    images: Count
    file: str
    found_again: bool
    coverage_without: list[CoverageData]


class CosimData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A co-simulation; ``bad_neurons`` are images by layer and neuron, for the layer in which errors begin."""

    passed: bool
    network: NetworkData
    images: ImagesData
    random_bits: RandomBitsData
    recording: str | None
    what_would_do: str | None
    words: Count
    bits: Count
    mismatches: Count
    listed: list[MismatchData]
    bad_neurons: dict[str, dict[str, Count]]
    violations: list[str]
    on_time: bool
    accuracy_verilog: Share
    accuracy_golden: Share
    cycles_per_image: float | None
    predicted_cycles_per_image: Count
    latency_cycles: Count
    predicted_latency_cycles: Count
    build_seconds: Seconds
    simulation_seconds: Seconds
    stress: StressData | None
    simulator: SimulatorData
    resumed_images: Count
    edited_files: list[str] | None
    waveform: str | None
    coverage: list[CoverageData]
    directed: DirectedData | None


class PointData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point of a sweep: states (null: the network's own), length, a quality of the junctions, per cent by seed."""

    states: Count | None
    length: Count
    quality: str | None
    value: float | None
    accuracies: list[Annotated[float, msgspec.Meta(ge=0, le=100)]]


class LayerData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a layer holds: shares of states, of inputs that never change, of sums beyond all thresholds (if hidden)."""

    inputs: Count
    neurons: Count
    weights: list[Share]
    activations: list[Share]
    never_change: Share
    saturated: Share | msgspec.UnsetType = msgspec.UNSET


class SweepData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``spinsc sweep --json`` prints."""

    network: str
    network_hash: str
    points: list[PointData]
    layers: list[LayerData]


#: What the commands print.
PRINTED: dict[str, type[msgspec.Struct]] = {"eval": EvalData, "cosim": CosimData, "sweep": SweepData}


def schema(command: str) -> dict[str, Any]:
    """JSON schema (draft 2020-12) of what ``spinsc COMMAND --json`` prints."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(PRINTED[command])}


if __name__ == "__main__":
    for command in PRINTED:
        (Path(sys.argv[1]) / f"{command}.schema.json").write_text(json.dumps(schema(command), indent=1) + "\n")
