"""Bits of junctions that are simulated for the run, as a source of random bits."""

from __future__ import annotations

from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions.model import simulate
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import DEFAULT_PERIOD
from spinsc.sim.recordings.sources import Request, devices_text


class SimulatedJunctions:
    """Junctions of the default `SMTJ`."""

    usage = "smtj"
    takes = ("seed", "period")

    def make(self, network: Network, request: Request) -> Streams:
        """As many images as ``period`` says, or as are run without ``repeat``, by default `DEFAULT_PERIOD`."""
        period = request.period
        if period is None:
            period = DEFAULT_PERIOD if request.repeat is not False or request.images is None else max(
                1, request.first + request.images)
        recording = simulate(SMTJ(seed=request.seed or 0), network, max(network.samples) * period)
        return RecordedStreams(recording, network, repeat=request.repeat is not False, images=request.images,
                               first=request.first)

    def describe(self, streams: Streams, argument: str) -> str:
        return f"simulated s-MTJs{devices_text(streams)}"


SIMULATED = SimulatedJunctions()
