"""Networks, images and random bits in a few words, as several reports name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spinsc.sim.recordings.sources import find_random_bits

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams


NO_RANDOM_BITS = "none, as the network needs none"


def sizes(network: Network) -> str:
    """Such as 784-100-10."""
    return "-".join(map(str, network.sizes))


def network_line(network: Network) -> str:
    """Sizes, K and L; where K is not the same everywhere: of the input, the weights, the activations."""
    sides = _states(network)
    if len({states for side in sides for states in side}) == 1:
        states = f"{sides[0][0]}"
    else:
        states = " / ".join("+".join(map(str, dict.fromkeys(side))) or "-" for side in sides) \
            + " (input / weights / activations)"
    plan = f", plan {network.plan}" if network.plan else ""
    length = f"L = {network.length}" if network.arithmetic == "stochastic" else f"{network.arithmetic} arithmetic"
    return f"{sizes(network)}, K = {states}, {length}{plan}"


def network_data(network: Network, name: str | None = None) -> dict[str, Any]:
    """A network in values of JSON."""
    inputs, weights, activations = _states(network)
    return ({} if name is None else {"name": name}) | {
        "sizes": list(network.sizes), "input_states": inputs[0], "weight_states": weights,
        "activation_states": activations, "length": network.length,
        "arithmetic": network.arithmetic, "plan": network.plan, "devices": network.devices,
        "hash": network.hash}


def images_line(images: Images, first: int) -> str:
    """How many, which, and where from."""
    return f"{len(images):,}, numbers {first:,} to {first + len(images) - 1:,} of: {images.source}"


def images_data(images: Images, first: int) -> dict[str, Any]:
    """A stretch of images in values of JSON."""
    return {"count": len(images), "first": first, "source": images.source}


def streams_line(network: Network, streams: Streams, source: str, images: int) -> str:
    """Source, devices and period of random bits; ``source`` as ``--rng`` takes it."""
    if not network.devices:
        return NO_RANDOM_BITS
    found, argument = find_random_bits(source)
    words = found.describe(streams, argument)
    period = f"{streams.period} image{'s' if streams.period > 1 else ''}"
    return words + (f", repeating every {period}" if streams.period < images else f", no repetition within {period}")


def streams_data(streams: Streams, source: str) -> dict[str, Any]:
    """Random bits in values of JSON."""
    recording = getattr(streams, "recording", None)
    return {"source": source, "period": streams.period,
            "recording_hash": None if recording is None else recording.hash}


def _states(network: Network) -> tuple[list[int], list[int], list[int]]:
    return ([network.layers[0].activation.states], [layer.weight.states for layer in network.layers],
            [layer.activation.states for layer in network.layers[1:]])
