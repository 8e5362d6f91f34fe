"""``spinsc junctions``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.progress import progress_bar
from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import NETWORK, JsonOption, ReportOption, warn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from spinsc.models.network import Network
    from spinsc.sim.recordings.recording import Recording
    from spinsc.sim.report.report import Report

NETWORKS = ("mlp1-k5", "mlp3-k5-l16")


@dataclass(frozen=True, kw_only=True)
class Junctions(ReportOption, JsonOption):
    """What measured junctions are, by a fit of the s-MTJ model, and what networks do on more like them."""

    summary = "measured junctions: fit the s-MTJ model, and rank networks and remedies on junctions like these"

    files: tuple[str, ...] = positional("FILE", "recordings, or files as 'spinsc recording import' reads them")
    sampling_interval: float | None = option(
        metavar="S", help="time between samples in seconds, if a file does not say")
    networks: tuple[str, ...] = option(
        "--network", metavar="NET", default=NETWORKS, help=f"{NETWORK}; may be several")
    devices: int = option(metavar="N", low=1, default=16, help="devices that are fitted at most, the first ones")
    images: int = option(metavar="N", low=100, default=1000, help="test images that networks are tried on")
    ranking: bool = option("--no-ranking", default=True, help="only fit, and try no networks")

    def result(self) -> Report:
        from spinsc.models.shipped import load_network
        from spinsc.sim.junctions.family import family
        from spinsc.sim.junctions.fit import fit_device
        from spinsc.sim.junctions.ranking import rank
        from spinsc.sim.recordings.statistics import measure
        from spinsc.sim.report.junctions import junctions_report

        self.refuse_idle(not self.ranking, ("networks", "images"), "with --no-ranking")
        self.check_report(self.files)
        networks = [(name, load_network(name)) for name in self.networks] if self.ranking else []
        recording = self._recording()
        statistics = measure(recording)
        fits, fitted = [], min(self.devices, recording.devices)
        with progress_bar("fitting", fitted, unit="device") as bar:
            for device in range(fitted):
                fits.append(fit_device(recording, device))
                bar.advance()
        kind = family(fits, recording.sampling_interval_s)
        with progress_bar("trying", unit="way") as bar:
            def trying(text: str) -> None:
                bar.remark(text)
                bar.advance()

            ways = rank(kind, networks, self._images, trying) if networks else []
        report = junctions_report(recording, statistics.structure, kind, ways)
        if self.report is not None:
            from spinsc.sim.pages.junctions import junctions_page
            from spinsc.sim.pages.page import write_page

            write_page(junctions_page(recording, statistics, kind, ways, report.rows, self.line, report.plain),
                       self.report)
        return report

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
