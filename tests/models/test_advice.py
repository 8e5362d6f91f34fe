"""Plans that are known to be harmful."""

from __future__ import annotations

from spinsc.models.advice import advice
from spinsc.models.builders import random_network


def test_plans_that_are_known_to_be_harmful() -> None:
    plain = random_network((784, 100, 10), input_states=5, weight_states=5, activation_states=5, length=100, seed=1)
    assert [layer.chunks for layer in plain.layers] == [13, 13]
    for harmless in ("own", "activation.groups=1", "weight.groups=5", "shared", "tuned", "weight.groups=4,delay=200"):
        assert advice(plain.with_plan(harmless)) is None
    for plan, words in (("groups=4", "layer 0 meets 5,200 different"), ("weight.groups=1", "layer 0 meets 1,300 "),
                        ("weight.groups=4,delay=3", "layer 0 meets 5,380 "),
                        ("tuned,groups=2", "layer 0 meets 2,600 ")):
        warning = advice(plain.with_plan(plan))
        assert warning is not None
        assert words in warning
        assert plain.with_plan(plan).plan in warning
        assert "give weight.groups=5 or more" in warning
    assert advice(plain.with_length(8).with_plan("weight.groups=20")) is not None
    assert advice(plain.with_length(8)) is None, "no plan, no warning"
