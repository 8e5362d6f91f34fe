"""Networks with plans."""

from __future__ import annotations

from hypothesis import strategies as st

from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.network import Network

#: Of recordings made here.
META = {"kind": "simulated"}


def network(plan: str = "", **options: object) -> Network:
    arguments = {"input_states": 5, "weight_states": 3, "activation_states": 4, "length": 6, "seed": 1,
                 "folding": [Folding(7, 4), Folding(5, 3)]} | options
    return random_network((20, 9, 3), **arguments).with_plan(plan)  # type: ignore[arg-type]


def lane_map(lanes: int, groups: int, assignment: str) -> list[tuple[int, int]]:
    """Group of each lane, and how many lanes before it share that group."""
    group = [s % groups if assignment == "round-robin" else s // -(-lanes // groups) for s in range(lanes)]
    return [(g, group[:s].count(g)) for s, g in enumerate(group)]


plans = st.builds(
    lambda ga, gw, aa, aw, da, dw, shared: f"activation.groups={ga},weight.groups={gw},activation.assignment={aa},"
    f"weight.assignment={aw},activation.delay={da},weight.delay={dw},layers={'shared' if shared else 'own'}",
    st.integers(1, 9), st.integers(1, 9), st.sampled_from(["round-robin", "blocks"]),
    st.sampled_from(["round-robin", "blocks"]), st.integers(0, 4), st.integers(0, 4), st.booleans())
