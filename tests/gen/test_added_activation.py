"""An activation that another package might add, by its class, its unit and its line in the table of units."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest

from spinsc.gen.design import OUTCOME_HARDWARE
from spinsc.gen.emit import emit
from spinsc.hdl.activation import ActivationOutcome, QuantizedActivation
from spinsc.models import outcome as outcome_module
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.outcome import Thresholds
from spinsc.sim.cosim.run import cosimulate


class Falling(Thresholds):
    """The state falls as the sum rises."""

    name = "falling_thresholds"

    def states_of_z(self, z):
        return self.states - 1 - super().states_of_z(z)

    def states_of_accumulators(self, accumulators, integers):
        return self.states - 1 - super().states_of_accumulators(accumulators, integers)


class FallingUnit(QuantizedActivation):
    def elaborate(self, platform):
        m = super().elaborate(platform)
        m.d.comb += self.output.payload.eq(self.states - 1 - m.submodules.popcount.count)
        return m


@dataclass(frozen=True)
class FallingOutcome(ActivationOutcome):
    values = "falling"

    def unit(self, layer, file):
        return FallingUnit(layer.neurons, self.output_states, layer.full_scale, file)


@pytest.mark.parametrize(("hardware", "passes"), [(FallingOutcome, True), (ActivationOutcome, False)])
def test_it_is_emitted_and_checked(hardware, passes, tmp_path, monkeypatch, lint):
    monkeypatch.setitem(outcome_module.OUTCOMES, Falling.name, Falling)
    monkeypatch.setitem(OUTCOME_HARDWARE, Falling, lambda outcome: hardware(outcome.states))
    network = random_network((20, 9, 6, 4), input_states=5, weight_states=5, activation_states=4, length=8, seed=3,
                             folding=[Folding(7, 4), Folding(4, 6), Folding(6, 4)])
    first, *others = network.layers
    first = dataclasses.replace(first, outcome=Falling(first.outcome.z))
    network = dataclasses.replace(network, layers=(first, *others))
    emit(network, tmp_path / "hw", source="lfsr")
    assert lint(tmp_path / "hw") == ""
    images = np.random.default_rng(1).integers(0, 256, (16, 20), dtype=np.uint8)
    report = cosimulate(tmp_path / "hw", images, np.zeros(16, np.uint8))
    assert report.passed is passes
    first_wrong = [(wrong.layer, wrong.quantity) for wrong in report.comparison.listed[:1]]
    assert first_wrong == ([] if passes else [(0, "state")])
