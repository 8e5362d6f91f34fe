"""``spinsc junctions``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.errors import InputError
from spinsc.progress import progress_bar
from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import NETWORK, JsonOption, ReportOption, warn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from spinsc.models.network import Network
    from spinsc.sim.junctions.family import Kind
    from spinsc.sim.junctions.ranking import Way
    from spinsc.sim.recordings.recording import Recording
    from spinsc.sim.report.report import Report

NETWORKS = ("mlp1-k5", "mlp3-k5-l16")
#: No comparators, layers that share their junctions, and lanes that share them after delays.
PLANS = ("tuned", "layers=shared", "groups=16,activation.delay=1,weight.delay=2")
#: Options that are fields of the model of actuated junctions.
PULSES = {"pulse_time": "pulse_s", "resistance": "resistance_ohm", "reset_voltage": "reset_v", "reset_time": "reset_s"}


@dataclass(frozen=True, kw_only=True)
class Junctions(ReportOption, JsonOption):
    """What measured junctions are, by a fit of their model, and what networks do on more like them."""

    summary = "measured junctions: fit a model, and rank networks, plans and remedies on junctions like these"

    files: tuple[str, ...] = positional(
        "FILE", "recordings, or files as 'spinsc recording import' reads them, or tables of switching probabilities")
    sampling_interval: float | None = option(
        metavar="S", help="time between samples in seconds, if a file does not say")
    networks: tuple[str, ...] = option(
        "--network", metavar="NET", default=NETWORKS, help=f"{NETWORK}; may be several")
    plans: tuple[str, ...] = option(
        "--plan", metavar="PLAN", default=PLANS, help="plans of the random numbers that are tried besides each "
        "network's own, in the way that is best with that")
    devices: int = option(metavar="N", low=1, default=16, help="devices that are fitted at most, the first ones")
    images: int = option(metavar="N", low=100, default=1000, help="test images that networks are tried on")
    cycles: int | None = option(
        metavar="N", low=1, help="cycles of each switching probability, if the table does not say")
    resistance: float | None = option(
        metavar="OHM", help="of junctions that are pulsed, while the pulse lasts; for its energy")
    pulse_time: float | None = option(metavar="S", help="duration of a pulse, for its energy")
    reset_voltage: float | None = option(metavar="V", help="of the reset before each pulse, for its energy")
    reset_time: float | None = option(metavar="S", help="duration of the reset, for its energy")
    ranking: bool = option("--no-ranking", default=True, help="only fit, and try no networks")

    def result(self) -> Report:
        from pathlib import Path

        from spinsc.models.shipped import load_network
        from spinsc.sim.recordings.importing.curves import is_curve_table

        self.refuse_idle(not self.ranking, ("networks", "plans", "images"), "with --no-ranking")
        self.check_report(self.files)
        networks = [(name, load_network(name)) for name in self.networks] if self.ranking else []
        self._check_plans(networks)
        tables = [is_curve_table(Path(file)) for file in self.files]
        if any(tables) and not all(tables):
            raise InputError(f"{self.files[tables.index(True)]} is a table of switching probabilities and "
                             f"{self.files[tables.index(False)]} is not; give them apart")
        self.refuse_idle(not any(tables), (*PULSES, "cycles"), "on samples; it is for tables of switching "
                         "probabilities")
        return self._curves(networks) if any(tables) else self._samples(networks)

    def _check_plans(self, networks: Sequence[tuple[str, Network]]) -> None:
        """Refuse, before any work, a plan that is none for one of the networks."""
        for plan, (name, network) in itertools.product(self.plans, networks):
            try:
                network.with_plan(plan)
            except InputError as error:
                raise InputError(f"--plan {plan} for {name}: {error}") from None

    def _samples(self, networks: Sequence[tuple[str, Network]]) -> Report:
        """Fit and rank junctions of which samples were measured."""
        from spinsc.sim.junctions.family import family
        from spinsc.sim.junctions.fit import fit_device
        from spinsc.sim.recordings.statistics import measure
        from spinsc.sim.report.junctions import junctions_report

        recording = self._recording()
        statistics = measure(recording)
        fits, fitted = [], min(self.devices, recording.devices)
        with progress_bar("fitting", fitted, unit="device") as bar:
            for device in range(fitted):
                fits.append(fit_device(recording, device))
                bar.advance()
        kind = family(fits, recording.sampling_interval_s)
        ways = self._ranked(kind, networks)
        report = junctions_report(recording, statistics.structure, kind, ways)
        if self.report is not None:
            from spinsc.sim.pages.junctions import junctions_page
            from spinsc.sim.pages.page import write_page

            write_page(junctions_page(recording, statistics, kind, ways, report.rows, self.line, report.plain),
                       self.report)
        return report

    def _curves(self, networks: Sequence[tuple[str, Network]]) -> Report:
        """Fit and rank junctions of which switching probabilities were measured."""
        from pathlib import Path

        from spinsc.sim.junctions.curve_fit import curve_families, fit_curve
        from spinsc.sim.recordings.importing.curves import read_curves
        from spinsc.sim.report.curves import curves_report

        self.refuse_idle("devices" in self.given, ("devices",), "on tables of switching probabilities")
        self.refuse_idle(self.pulse_time is None or self.resistance is None, PULSES,
                         "without both --pulse-time and --resistance")
        curves = [curve for file in self.files for curve in read_curves(Path(file), self.cycles)]
        pulses = {field: getattr(self, name) for name, field in {**PULSES, "sampling_interval": "sampling_interval_s"}
                  .items() if name in self.given}
        kinds = curve_families([fit_curve(curve) for curve in curves], pulses)
        ways = self._ranked(kinds[0], networks)
        report = curves_report(kinds, ways)
        if self.report is not None:
            from spinsc.sim.pages.curves import curves_page
            from spinsc.sim.pages.page import write_page

            write_page(curves_page(kinds, ways, report.rows, self.line, report.plain), self.report)
        return report

    def _ranked(self, kind: Kind, networks: Sequence[tuple[str, Network]]) -> list[Way]:
        """What networks do on junctions of a kind, if any are asked for."""
        if not networks:
            return []
        from spinsc.sim.junctions.ranking import rank

        with progress_bar("trying", unit="way") as bar:
            def trying(text: str) -> None:
                bar.remark(text)
                bar.advance()

            return rank(kind, networks, self._images, self.plans, trying)

    def _recording(self) -> Recording:
        """The one recording that is given, or what is imported from files."""
        from spinsc.sim.recordings.importing.read import Excerpt, import_recording
        from spinsc.sim.recordings.recording import Recording, is_recording

        if len(self.files) == 1 and is_recording(self.files[0]):
            self.refuse_idle(True, ("sampling_interval",), "on a recording, which says it itself")
            return Recording.load(self.files[0])
        return import_recording(self.files, excerpt=Excerpt(sampling_interval_s=self.sampling_interval), notice=warn)

    def _images(self, network: Network) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.integer]]:
        from spinsc.sim.images import choose_images

        chosen = choose_images(network, None, None, 0, self.images)
        return chosen.images, chosen.labels
