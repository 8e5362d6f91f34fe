"""``spinsc eval``."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import (
    DEVICE,
    NETWORK,
    FoldingOptions,
    ImageOptions,
    JsonOption,
    RandomOptions,
    golden,
    rng_option,
    warn,
)


@dataclass(frozen=True, kw_only=True)
class Eval(ImageOptions, RandomOptions, FoldingOptions, JsonOption):
    """Accuracy of a network by the golden model."""

    summary = "accuracy of a network by the golden model"

    network: str = positional("NET", NETWORK)
    rng: str = rng_option(("smtj", "recording:FILE", "lfsr", "ideal"), "smtj", registry=golden)
    device: str = option(default="cpu", help=DEVICE)

    def run(self) -> int:
        from spinsc.models.advice import advice
        from spinsc.models.golden.evaluation import accuracy
        from spinsc.sim.recordings.sources import parse_rng
        from spinsc.sim.report.evaluation import evaluation_report

        self.refuse_idle(not self.rng.startswith("recording:"), ("repeat",), "without --rng recording:FILE")
        network = self.load(self.network)
        warn(advice(network))
        images = self.choose(network)
        streams = parse_rng(self.rng, network, **self.stream_options(images, self.first))
        verdict = self.verdict(streams, self.rng, images)
        started = time.monotonic()
        share = accuracy(network, images.images, images.labels, streams, first=self.first, device=self.device,
                         progress=sys.stderr.isatty())
        seconds = time.monotonic() - started
        evaluation_report(self.network, network, images, self.first, streams, self.rng, verdict, share, seconds,
                          self.device).show(self.json)
        return 0
