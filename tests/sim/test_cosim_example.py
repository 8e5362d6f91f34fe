"""The contract's worked example in Verilog: the simulation gives the numbers of the page."""

import numpy as np

from spinsc.gen.emit import emit
from spinsc.gen.random_sources.replay import Replay
from spinsc.gen.random_sources.source import RecordedImage
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.cosim.run import cosimulate
from spinsc.sim.recordings.recording import Recording
from tests import contract_example as example


def test_the_worked_example(tmp_path):
    network, images = example.network(), example.image()
    emit(network, tmp_path / "hw", source=Replay(RecordedImage({0: example.bits().T}, "the contract's page")))
    report = cosimulate(tmp_path / "hw", images, np.array(example.integers("class")))
    assert report.passed
    assert report.comparison.words == 2 + 2 + 1, "accumulators, scores and the class"
    # what the simulation was compared with is what the page says
    streams = RecordedStreams(Recording.from_bits(example.bits(), {"kind": "simulated"}), network)
    trace = evaluate(network, images, streams)
    assert trace.accumulators[0].tolist() == [example.integers("accumulators")]
    assert trace.scores.tolist() == [example.integers("scores")]
