"""What is known to be harmful about a network's plan of random numbers."""

from __future__ import annotations

from spinsc.integers import ceil_div
from spinsc.models.network import Network

#: Different random numbers of weights that a sum should meet, see `advice`.
ENOUGH_NUMBERS = 6000


def advice(network: Network) -> str | None:
    """What is known to be harmful about a network's plan, with the remedy; None where nothing is.

    What decides is how many different random numbers of weights the sum of a neuron meets in its C*L steps,
    n = G_w (C L + F_w) with F_w the longest delay of the weights: inputs have a mean (the background of a digit), so
    an error of a weight number is multiplied by what all lanes that share it have in common. Points of accuracy lost
    against lanes with junctions of their own, by
    ``spinsc eval NET --plan weight.groups=G --rng ideal --period 64 --images 2000`` (mean of seeds 1 and 2; C = 13;
    seeds differ by some tenths):

    ===========  ====  ======  =====  =====  =====  =====
    network      L     G = 28  16     8      4      1
    ===========  ====  ======  =====  =====  =====  =====
    mlp1-k5      100           0.3    0.3    1.5    7.7
    mlp3-k5      100           -0.2   0.2    0.3    2.4
    mlp3-k5-l16  16    0.6     1.0    2.6    7.9    31
    mlp3-k5-l8   8     1.2     1.4    4.1    14     38
    ===========  ====  ======  =====  =====  =====  =====

    which is 0.3 to 1.5 for n from 2,900 to 5,800, at most 0.3 above 10,000, and 1.4 to 8 from 800 to 1,700. Delays
    count as far as they add numbers: G = 4 with a weight delay of L lost 0.7 (L = 100, n = 11,200) and 2.9 (L = 16,
    n = 1,792). Activations that share one group of junctions lost nothing at L = 100, 0.1 at 16 and 0.5 at 8; shared
    layers and tuned junctions lost nothing.
    """
    for number, layer in enumerate(network.layers):
        weights, steps = layer.weight, layer.chunks * network.length
        numbers = weights.groups * (steps + weights.longest_delay)
        if not weights.direct and numbers < ENOUGH_NUMBERS:
            better = min(ceil_div(ENOUGH_NUMBERS, steps), weights.lanes)
            return (f"plan {network.plan}: a sum of layer {number} meets {numbers:,} different random numbers of "
                    f"weights; the shipped networks lost 0.3 to 1.5 points of accuracy just below "
                    f"{ENOUGH_NUMBERS:,}, and the more the fewer; give weight.groups={better} or more (activations may "
                    "share theirs)")
    return None
