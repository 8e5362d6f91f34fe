"""A junction's free layer by the stochastic Landau-Lifshitz-Gilbert equation, to judge the model of `smtj` by.

Needs cmtj (the extra "llg"), which integrates the equation of one macrospin with thermal noise by Heun's method. Closed
forms of the same macrospin stand beside it; nothing is fitted.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.extras import need
from spinsc.progress import progress_bar

BOLTZMANN = 1.380649e-23
ELEMENTARY_CHARGE = 1.602176634e-19
REDUCED_PLANCK = 1.054571817e-34
GYROMAGNETIC_RATIO = 2.2128e5  # m/(A s)
WELL = 0.5  # |m_z| beyond which the layer is in a state; between, it is on its way
_TIME_STEP_S = 5e-12  # a fortieth of a precession
_SAMPLES_AT_ONCE = 200_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Macrospin:
    """A disc with its easy axis out of the plane, biased by a spin-polarized current along that axis.

    With p = m_z, the distribution is that of the energy ``-barrier_kt p^2 - bias_kt p`` in kT, as an axial damping-like
    torque acts on it like a field (W. H. Butler et al., IEEE Trans. Magn. 48, 4684 (2012)), with

        bias_kt = hbar * polarization * current / (2 e damping k T)

    Attributes
    ----------
    barrier_kt : float
        Barrier of the anisotropy without current (demagnetizing included), in kT.
    bias_kt : float
        Bias in kT, positive towards m_z = 1, which is state 1.
    diameter_m, thickness_m, saturation_t, damping, polarization, temperature_k : float
        Of the disc, in metres, tesla and kelvin.
    """

    barrier_kt: float
    bias_kt: float = 0.0
    diameter_m: float = 20e-9
    thickness_m: float = 1e-9
    saturation_t: float = 1.0
    damping: float = 0.05
    polarization: float = 0.6
    temperature_k: float = 300.0

    @property
    def area_m2(self) -> float:
        return math.pi * self.diameter_m**2 / 4

    @property
    def energy_j(self) -> float:
        """kT."""
        return BOLTZMANN * self.temperature_k

    @property
    def current_a(self) -> float:
        """Current that gives the bias, in ampere."""
        return (2 * ELEMENTARY_CHARGE * self.damping * self.energy_j * self.bias_kt
                / (REDUCED_PLANCK * self.polarization))

    def probability(self) -> float:
        """Share of time with m_z > 0: Boltzmann's distribution, integrated."""
        p = np.linspace(-1, 1, 20_001)
        weight = np.exp(self.barrier_kt * (p**2 - 1) + self.bias_kt * p)
        return float(np.trapezoid(weight[10_000:], p[10_000:]) / np.trapezoid(weight, p))

    def dwell_times(self) -> tuple[float, float]:
        """Mean times from entering state 0 (1) at ``WELL`` until the other state is entered, in seconds.

        The mean first-passage time of p by the Fokker-Planck equation of W. F. Brown, Phys. Rev. 130, 1677 (1963),
        without approximation: the torque and the noise are axial, so p alone is a Markov process.
        """
        return self._passage(-self.bias_kt), self._passage(self.bias_kt)

    def two_state_dwell_times(self) -> tuple[float, float]:
        """Dwell times of the two-state chain that relaxes as the macrospin does and has its P(1), in seconds.

        The chain's autocorrelation falls with the rate 1/tau_0 + 1/tau_1; the macrospin's, in the long run, with the
        smallest rate of the same Fokker-Planck equation, found here on a grid of p. `dwell_times` are shorter, as
        they end at ``WELL`` and not where the other state is settled in.
        """
        count = 800
        width = 2 / count
        centres, edges = (-1 + width * (np.arange(n) + away) for n, away in ((count, 0.5), (count - 1, 1.0)))
        at_centres, at_edges = (np.exp(self.barrier_kt * (p**2 - 1) + self.bias_kt * p) for p in (centres, edges))
        flow = at_edges * (1 - edges**2) / (2 * self._neel_s * width**2)
        matrix = np.diag((np.append(flow, 0) + np.append(0, flow)) / at_centres)
        beside = -flow / np.sqrt(at_centres[1:] * at_centres[:-1])
        rate = float(np.linalg.eigvalsh(matrix + np.diag(beside, 1) + np.diag(beside, -1))[1])
        p1 = self.probability()
        return 1 / (rate * p1), 1 / (rate * (1 - p1))

    @property
    def _neel_s(self) -> float:
        """Neel's time of the free diffusion, in seconds."""
        volume = self.area_m2 * self.thickness_m
        return (self.saturation_t * volume * (1 + self.damping**2)
                / (2 * self.damping * GYROMAGNETIC_RATIO * self.energy_j))

    def _passage(self, bias: float) -> float:
        p = np.linspace(-1, 1, 40_001)
        weight = np.exp(self.barrier_kt * (p**2 - 1) + bias * p)
        above = np.concatenate([np.cumsum(((weight[1:] + weight[:-1]) / 2)[::-1])[::-1], [0.0]]) * (p[1] - p[0])
        inside = slice(10_000, 30_001)  # from -WELL to WELL
        return float(2 * self._neel_s * np.trapezoid((above / weight)[inside] / (1 - p[inside]**2), p[inside]))

    def simulate(self, duration_s: float, *, interval_s: float = 2e-11, seed: int = 1,
                 progress: bool = False) -> Floats:
        """m_z, one sample every ``interval_s``, from the equilibrium on.

        Parameters
        ----------
        duration_s, interval_s : float
            In seconds; the interval is a multiple of 5 ps, the step of the integration.
        seed : int
            From 1.
        progress : bool
            Show a progress bar on standard error.
        """
        need("the stochastic LLG equation", "llg")
        cmtj: Any = importlib.import_module("cmtj")
        axis, constant = cmtj.CVector(0, 0, 1), cmtj.constantDriver
        layer = cmtj.Layer.createSTTLayer(
            "free", axis, axis, self.saturation_t, self.thickness_m, self.area_m2, [cmtj.CVector(0, 0, 0)] * 3,
            damping=self.damping, SlonczewskiSpacerLayerParameter=1.0, beta=0.0, spinPolarisation=self.polarization)
        layer.setReferenceLayer(axis)  # cmtj ends the process without one
        junction = cmtj.Junction([layer])
        junction.setLayerAnisotropyDriver("free", constant(
            self.barrier_kt * self.energy_j / (self.area_m2 * self.thickness_m)))
        junction.setLayerCurrentDriver("free", constant(self.current_a / self.area_m2))
        junction.setLayerTemperatureDriver("free", constant(self.temperature_k))
        junction.setLayerSeed("free", seed)
        # Logs are lists of Python floats, many of each sample, so they are fetched piece by piece.
        burn_in = round(10 * max(self.dwell_times()) / interval_s)
        samples = burn_in + round(duration_s / interval_s)
        pieces: list[Floats] = []
        with progress_bar("simulating", samples, unit="sample", shown=progress) as bar:
            for start in range(0, samples, _SAMPLES_AT_ONCE):
                piece = min(_SAMPLES_AT_ONCE, samples - start)
                junction.runSimulation(piece * interval_s, _TIME_STEP_S, interval_s, False, False, cmtj.SolverMode.Heun)
                pieces.append(np.array(junction.getLog()["free_mz"])[:piece])
                junction.clearLog()
                bar.advance(piece)
        return np.concatenate(pieces)[burn_in:]


def telegraph(m_z: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Lengths of the dwells in states 0 and 1, in samples; the cut ones at both ends are left out.

    A state lasts from its entry beyond ``WELL`` to the entry of the other, so that returns from the barrier's top count
    as none.
    """
    entered = np.flatnonzero(np.abs(m_z) > WELL)
    state = m_z[entered] > 0
    switches = np.flatnonzero(state[1:] != state[:-1]) + 1
    dwells = np.diff(entered[switches])
    first = bool(state[switches[0]]) if len(switches) else True
    return dwells[int(first)::2], dwells[int(not first)::2]
