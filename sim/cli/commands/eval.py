"""``spinsc eval``."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import (
    DEVICE,
    NETWORK,
    FoldingOptions,
    ImageOptions,
    JsonOption,
    RandomOptions,
    ReportOption,
    golden,
    rng_option,
    warn,
)

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Eval(ImageOptions, RandomOptions, FoldingOptions, ReportOption, JsonOption):
    """Accuracy of a network by the golden model."""

    summary = "accuracy of a network by the golden model"

    network: str = positional("NET", NETWORK)
    rng: str = rng_option(("smtj", "recording:FILE", "lfsr", "ideal"), "smtj", registry=golden)
    device: str = option(default="cpu", help=DEVICE)

    def result(self) -> Report:
        from spinsc.models.advice import advice
        from spinsc.models.golden.evaluation import classify
        from spinsc.sim.recordings.sources import parse_rng
        from spinsc.sim.report.evaluation import evaluation_report

        self.refuse_idle(not self.rng.startswith("recording:"), ("repeat",), "without --rng recording:FILE")
        self.check_report([self.network, self.data, self.rng.removeprefix("recording:")])
        network = self.load(self.network)
        warn(advice(network))
        images = self.choose(network)
        streams = parse_rng(self.rng, network, **self.stream_options(images, self.first))
        verdict = self.verdict(streams, self.rng, images)
        started = time.monotonic()
        classes = classify(network, images.images, streams, first=self.first, device=self.device,
                                   progress=sys.stderr.isatty())
        seconds = time.monotonic() - started
        share = float((classes == images.labels).mean())
        described = self.network, network, images, self.first, streams
        report = evaluation_report(*described, self.rng, verdict, share, seconds, self.device)
        if self.report is not None:
            from spinsc.sim.pages.evaluation import evaluation_page
            from spinsc.sim.pages.page import write_page

            write_page(evaluation_page(*described, classes, report.rows, self.line, report.plain), self.report)
        return report
