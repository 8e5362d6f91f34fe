"""``spinsc sweep``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import NETWORK, JsonOption, StudyOptions, study_folder

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


def _lengths(text: str) -> tuple[int, ...]:
    """``8,100`` or ``8:512``, which doubles from the first to the last."""
    low, colon, high = text.partition(":")
    if not colon:
        return _whole(text)
    first, last = _whole(low)[0], _whole(high)[0]
    if not 1 <= first <= last:
        raise argparse.ArgumentTypeError(f"must ascend from at least 1, as 8:512 does, not {text!r}")
    found = [first]
    while 2 * found[-1] <= last:
        found.append(2 * found[-1])
    return tuple(found)


def _whole(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise argparse.ArgumentTypeError(f"must be whole numbers from 1 on, as 8,100 or 8:512, not {text!r}")
    return found


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be numbers, as 0,0.01,0.05, not {text!r}") from None


def _quality(what: str) -> Any:
    """The field of one of `spinsc.sim.studies.sweep.QUALITIES`."""
    return option(type=_numbers, nargs=None, metavar="X,...", help=f"junctions: {what}")


@dataclass(frozen=True, kw_only=True)
class Sweep(StudyOptions, JsonOption):
    """Accuracy of a network over stream length and states and over the quality of junctions, and a profile of its
    layers: tables and figures. One that is interrupted goes on by the same command."""

    summary = "accuracy of any network over lengths, states and qualities of junctions; profile of its layers"

    network: str = positional("NET", NETWORK)
    out: str = study_folder("sweep")
    length: tuple[int, ...] | None = option(
        type=_lengths, nargs=None, metavar="L,...", help="stream lengths, or 8:512 for 8, 16, 32 and so on to 512")
    states: tuple[int, ...] | None = option(
        type=_whole, nargs=None, metavar="K,...", help="numbers of states; others than the network's own by "
        "quantization after training")
    bias: tuple[float, ...] | None = _quality("P(1) - 1/2 of all")
    spread: tuple[float, ...] | None = _quality("standard deviation of their P(1)")
    interval: tuple[float, ...] | None = _quality("sampling interval / mean dwell time; 0.5 is correlated, 4 is not")
    read_errors: tuple[float, ...] | None = _quality("share of samples that are misread")
    images: int | None = option(metavar="N", low=2, help="first so many test images; by default all")
    data: str | None = option(
        metavar="PATH", help="test samples of your own, as of 'spinsc eval'; by default those of its data set")

    def result(self) -> Report:
        from pathlib import Path

        from spinsc.models.shipped import load_network
        from spinsc.sim.report.report import Report
        from spinsc.sim.studies import sweep

        qualities = {name: values for name in sweep.QUALITIES if (values := getattr(self, name)) is not None}
        lengths = self.length
        if lengths is None:  # only what is asked for
            lengths = (load_network(self.network).length,) if self.states else () if qualities else _lengths("8:512")
        text, data = sweep.run(Path(self.out), seeds=self.seeds, jobs=self.jobs, scheduler=self.scheduler,
                               asked=sweep.Asked(self.network, lengths, self.states or (), qualities, self.images,
                                                 self.data))
        report = Report((text,), data)
        self.write_report(text, report.plain)
        return report
