"""The macrospin's closed forms, and the two-state model against the stochastic LLG equation where cmtj is installed."""

import math

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.junctions import llg
from spinsc.sim.junctions.llg import Macrospin, telegraph
from spinsc.sim.studies import llg as study


def test_high_barriers_give_the_law_of_neel_and_arrhenius():
    # Brown's limit for two wells: 1/tau = alpha gamma H_k / (1 + alpha^2) sqrt(barrier / pi) exp(-barrier)
    spin = Macrospin(25.0)
    field = 2 * 25.0 * spin.energy_j / (spin.area_m2 * spin.thickness_m * spin.saturation_t)  # H_k in A/m
    rate = (spin.damping * llg.GYROMAGNETIC_RATIO / (1 + spin.damping**2) * field
            * math.sqrt(25 / math.pi) * math.exp(-25))
    assert spin.dwell_times()[0] == pytest.approx(1 / rate, rel=1.5 / 25)  # known to the first order in 1/barrier
    assert math.log(Macrospin(26.0).dwell_times()[0] / spin.dwell_times()[0]) == pytest.approx(1, abs=0.1)


def test_bias_follows_the_current_and_tilts_both_ways():
    spin = Macrospin(5.0, 0.8)
    assert spin.dwell_times()[1] > Macrospin(5.0).dwell_times()[0] > spin.dwell_times()[0]
    assert Macrospin(5.0, -0.8).dwell_times() == spin.dwell_times()[::-1]
    assert Macrospin(5.0).probability() == pytest.approx(0.5)
    assert Macrospin(40.0, 0.8).probability() == pytest.approx((1 + math.tanh(0.8)) / 2, abs=0.01)
    volts = llg.REDUCED_PLANCK * 0.6 * spin.current_a / (2 * llg.ELEMENTARY_CHARGE * 0.05)
    assert volts == pytest.approx(0.8 * llg.BOLTZMANN * 300)


def test_dwells_are_counted_from_entry_to_entry():
    m_z = np.array([0.9, 0.2, 0.7, -0.1, -0.8, -0.6, 0.3, -0.9, 0.6, 0.9, -0.7])
    zero, one = telegraph(m_z)
    assert (zero.tolist(), one.tolist()) == ([4], [2])  # the first and the last state are cut
    zero, one = telegraph(-m_z)
    assert (zero.tolist(), one.tolist()) == ([2], [4])


def test_a_junction_by_the_llg_equation_is_a_two_state_chain(tmp_path):
    pytest.importorskip("cmtj")
    dwells = 120
    found = study.simulate(3.0, 0.5, dwells, seed=0)
    assert found == study.simulate(3.0, 0.5, dwells, seed=0)
    spin, chain = Macrospin(3.0, 0.5), study.chain(3.0, 0.5)
    # of `dwells` exponential dwells, the mean is known to one in their root
    error = 1 / math.sqrt(dwells)
    assert abs(found["p1"] - spin.probability()) < 5 * error * math.sqrt(2) * 0.25
    for state in (0, 1):
        assert found["dwell_times_s"][state] / spin.dwell_times()[state] == pytest.approx(1, abs=5 * error)
        assert found["variation"][state] == pytest.approx(1, abs=5 * error)
    memory = chain.autocorrelation(1, 4)[0]
    assert found["autocorrelation"][:4] == pytest.approx(memory, abs=5 * error * 0.5)
    # and another bias or barrier would not do
    assert abs(found["p1"] - (1 - spin.probability())) > 5 * error * math.sqrt(2) * 0.25
    assert found["dwell_times_s"][1] < Macrospin(5.0, 0.5).dwell_times()[1] * (1 - 5 * error)


def test_without_cmtj_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cmtj", None)
    with pytest.raises(InputError, match=r"spinsc\[llg\]"):
        Macrospin(3.0).simulate(1e-9)


def test_two_state_dwell_times_are_those_of_the_slowest_relaxation():
    """Of high barriers they are the passage times; of none, the rate is that of free diffusion, 1 / Neel's time."""
    high = Macrospin(20.0, 0.4)
    assert high.two_state_dwell_times() == pytest.approx(high.dwell_times(), rel=0.02)
    free = Macrospin(1e-6)
    assert sum(1 / tau for tau in free.two_state_dwell_times()) * free._neel_s == pytest.approx(1, rel=1e-4)
    tau_0, tau_1 = Macrospin(5.0, 0.6).two_state_dwell_times()
    assert tau_1 / (tau_0 + tau_1) == pytest.approx(Macrospin(5.0, 0.6).probability())


def test_a_fit_to_bits_of_the_llg_equation_finds_dwell_times_and_bias(tmp_path):
    pytest.importorskip("cmtj")
    recovered = [study.recover(4.0, 0.5, 150, seed) for seed in range(2)]
    for name, pulls in study.fit_pulls(recovered).items():
        assert (np.abs(pulls) < 4).all(), (name, pulls)
    assert recovered[0]["bias"][1] > 3 * recovered[0]["bias"][2]  # and it is told from none
    text = study.fits_table(recovered)
    assert text.count("\n|") == 2
    study.draw_fits(recovered, tmp_path / "fits.png")
    assert (tmp_path / "fits.png").read_bytes().startswith(b"\x89PNG")
