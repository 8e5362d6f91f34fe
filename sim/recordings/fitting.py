"""Which networks a recording is large enough for."""

from __future__ import annotations

from spinsc.models.network import Network
from spinsc.sim.recordings.recording import Recording


def fitting(recording: Recording, network: Network) -> str:
    """A folding of a network, and shipped networks, for which a recording has devices and samples; perhaps none."""
    from spinsc.models.artifact import load_artifact
    from spinsc.models.shipped import SHIPPED

    texts = []
    for lanes in range(max(layer.inputs for layer in network.layers), 0, -1):
        folded = network.with_folding(lanes)
        if _fits(recording, folded):
            texts.append(f"--lanes {lanes} ({folded.devices:,} devices, {max(folded.samples):,} samples per image)")
            break
    names = [shipped.name for shipped in SHIPPED if shipped.path.exists()
             and _fits(recording, load_artifact(shipped.path))]
    if names:
        texts.append(f"network{'s' * (len(names) > 1)} {', '.join(names)}")
    return " or ".join(texts)


def _fits(recording: Recording, network: Network) -> bool:
    return network.devices <= recording.devices and max(network.samples) <= recording.steps
