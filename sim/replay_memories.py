"""What replay memories are made of: the first image's bits of a recording."""

from __future__ import annotations

from spinsc.gen.random_sources.source import RecordedImage
from spinsc.models.network import Network
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording, recording_path


def recorded_image(network: Network, recording: str, *, split: bool = False) -> RecordedImage:
    """Bits of a recording (a file, or ``default``) for each layer; ``split`` cuts it into several devices each."""
    streams = RecordedStreams(Recording.load(recording_path(recording)), network, split=split)
    return RecordedImage({number: streams.layer_bits(number, 0).T for number in range(len(network.layers))}, recording)
