"""AXI-Stream protocol and every word of an awkwardly shaped network, for each source of random numbers."""

import re

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.gen.manifest import MANIFEST, load_manifest
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.cosim.directory import random_numbers
from spinsc.sim.cosim.shards import write_recordings
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.simulators.registry import find_simulator
from tests.benches import testbench_stream
from tests.benches.harness_stream import STREAM_TOP, stream_design
from tests.coins import replay_of_coins

SEED = 7
#: More images than the banks of all layers hold.
EPISODES, IMAGES = 3, 12
#: Index of the image that follows a reset, and period of the recording: an episode goes over its end.
FIRST, PERIOD = 2, 3


def awkward_network(seed, unroll):
    """13-7-5-4 whose S and P divide nothing, with 2 to 11 states, several passes a layer, one layer without devices."""
    rng = np.random.default_rng(seed)

    def thresholds(inputs, neurons, states):
        return Thresholds(np.sort(rng.normal(0, np.sqrt(inputs) / 2, (neurons, states - 1)), axis=1))

    return Network((
        Layer(rng.integers(0, 11, (7, 13)), Side(5), Side(11), Folding(5, 3, unroll), thresholds(13, 7, 2)),
        Layer(rng.integers(0, 2, (5, 7)), Side(2), Side(2), Folding(4, 2), thresholds(7, 5, 9)),
        Layer(rng.integers(0, 3, (4, 5)), Side(9), Side(3, 4), Folding(2, 3, unroll), Scores(rng.normal(0, 1, 4)))),
        np.array([20, 90, 160, 230]), 9)


@pytest.mark.parametrize(("source", "unroll", "kept", "pipeline"), [
    ("ports", 1, PERIOD, False), ("ports", 4, PERIOD - 1, False), ("lfsr", 2, None, False), ("replay", 5, None, False),
    ("ports", 4, PERIOD - 1, True)])
def test_streams_and_resets(source, unroll, kept, pipeline, tmp_path, pass_bench):
    """``kept`` is the number of images of a recording that the junctions keep in memory."""
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    network = awkward_network(SEED, unroll)
    emit(network, tmp_path / "emitted", source=replay_of_coins(network, rng) if source == "replay" else source,
         pipeline=pipeline)
    manifest = load_manifest(tmp_path / "emitted")
    run = tmp_path / "run"
    run.mkdir()
    (run / "mem").symlink_to(tmp_path / "emitted" / "mem")
    if source == "ports":
        coins = rng.integers(0, 2, (network.devices, PERIOD * max(network.steps)))
        streams = RecordedStreams(Recording.from_bits(coins, {"kind": "simulated"}), network)
        assert streams.period == PERIOD
        write_recordings(streams, network, run, FIRST, IMAGES)
    else:
        streams = random_numbers(manifest, network, tmp_path / "emitted")
    arrays = {"episodes": np.arange(EPISODES)}
    for episode in range(EPISODES):
        images = rng.integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8)
        trace = evaluate(network, images, streams, first=FIRST, method="literal")
        assert len(np.unique(trace.states[0])) == 2
        assert len(np.unique(trace.states[1])) > 4
        arrays |= {f"{episode}_images": images, f"{episode}_scores": trace.scores, f"{episode}_classes": trace.classes,
                   **{f"{episode}_accumulators{n}": values for n, values in enumerate(trace.accumulators)},
                   **{f"{episode}_states{n}": values for n, values in enumerate(trace.states)}}
    np.savez(run / "episodes.npz", **arrays)
    manifest.save(run / MANIFEST)

    if kept is not None:
        junctions = tmp_path / "emitted" / "sim" / "spinsc_smtj_array.sv"
        text, count = re.subn(r"KEPT = .*", f"KEPT = {kept}", junctions.read_text())
        assert count == 1
        junctions.write_text(text)

    executable = find_simulator().build(stream_design(manifest, tmp_path / "emitted", tmp_path), tmp_path / "build")
    pass_bench(executable, STREAM_TOP, testbench_stream.__name__, run,
               environment={"SPINSC_RUN": str(run)}, arguments=[f"+spinsc_recording={run}"])
