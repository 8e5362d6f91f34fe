"""What images do in the gates of a network: changes of every net, with and without delays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.gen.manifest import Manifest
from spinsc.integers import ceil_div
from spinsc.models.golden.trace import Trace
from spinsc.sim.costs.circuit import Circuit
from spinsc.sim.costs.energy import Estimate
from spinsc.sim.costs.gates import Activity, Bytes, Integers, Simulation, Stimulus, gates_of

#: Cycles that are simulated with delays.
TIMED_CYCLES = 400


@dataclass(frozen=True)
class Counts:
    """What was counted in a network that is never without an image.

    Attributes
    ----------
    images : int
    settled : Activity
        In the cycles of the images.
    timed, with_glitches : Activity, int64 of shape (nets)
        In the first cycles of these, with delays: changes of what settled, and all.
    """

    images: int
    settled: Activity
    timed: Activity
    with_glitches: Integers


def images_in_flight(manifest: Manifest) -> int:
    """Images that have to be there besides those that are counted: before them, and after."""
    return ceil_div(manifest.latency_cycles, manifest.cycles_per_image) + 1


def count(estimate: Estimate, manifest: Manifest, images: npt.NDArray[np.uint8], expected: Trace) -> Counts:
    """Simulate images one after another and count in the time of all but those of `images_in_flight`.

    Parameters
    ----------
    estimate : Estimate
        Of the circuit that is simulated, for its delays.
    manifest : Manifest
    images : uint8, shape (n, inputs)
    expected : Trace
        Of the images.

    Raises
    ------
    InputError
        If a class, a score or a cycle is not as expected.
    """
    circuit = estimate.circuit
    gates = gates_of(circuit, estimate.library.cells)
    counted = len(images) - images_in_flight(manifest)
    begin, per_image = manifest.latency_cycles + 1, manifest.cycles_per_image
    end = begin + counted * per_image
    simulation = Simulation(circuit, gates, _stimulus(circuit, manifest, images))
    simulation.run(begin)
    delays = np.maximum(1, np.rint(1e12 * estimate.delays())).astype(np.int64)  # ps
    timed, with_glitches = simulation.run_timed(min(begin + TIMED_CYCLES, end), delays[gates.outputs], delays)
    rest = simulation.run(end)
    _check(simulation.recorded, manifest, expected)
    settled = Activity(timed.cycles + rest.cycles, timed.changes + rest.changes, timed.reads + rest.reads,
                       timed.writes + rest.writes)
    return Counts(counted, settled, timed, with_glitches)


def _stimulus(circuit: Circuit, manifest: Manifest, images: npt.NDArray[np.uint8]) -> Stimulus:
    """Beats of pixels as fast as they are taken, results taken at once."""
    ports = circuit.ports
    beats, pixels = manifest.beats_per_image, manifest.pixels_per_beat
    padded = np.zeros((len(images), beats * pixels), np.uint8)
    padded[:, :manifest.inputs] = images
    rows: Bytes = np.unpackbits(padded.reshape(-1, pixels), axis=1, bitorder="little")
    data = list(ports["s_axis_tdata"])
    if manifest.tlast:
        data += ports["s_axis_tlast"]
        last = np.arange(len(rows)) % beats == beats - 1
        rows = np.column_stack([rows, last]).astype(np.uint8)
    return Stimulus({ports["m_axis_tready"][0]: 1}, ports["rst"][0], data, ports["s_axis_tready"][0], rows,
                    ports["s_axis_tvalid"][0], [*ports["m_axis_tdata"], *ports["m_axis_tuser"]],
                    ports["m_axis_tvalid"][0])


def _check(recorded: Sequence[tuple[int, tuple[int, ...]]], manifest: Manifest, expected: Trace) -> None:
    """Refuse what no right netlist does."""
    width = manifest.score_width
    for number, (cycle, bits) in enumerate(recorded):
        value = sum(bit << at for at, bit in enumerate(bits))
        scores = [(value >> at & (1 << width) - 1 ^ 1 << width - 1) - (1 << width - 1)
                  for at in range(len(bits) - width * manifest.classes, len(bits), width)]
        right = int(expected.classes[number]), expected.scores[number].tolist()
        due = manifest.latency_cycles + number * manifest.cycles_per_image
        if ((value & 0xff, scores), cycle) != (right, due):
            raise InputError(f"the gates give class {value & 0xff} and scores {scores} of image {number} in cycle "
                             f"{cycle}, not {right[0]} and {right[1]} in cycle {due}; has the folder been edited?")
