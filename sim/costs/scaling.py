"""From 0.18 um to younger processes by published equations.

A. Stillmaker and B. Baas, "Scaling equations for the accurate prediction of CMOS device performance from 180 nm to 7
nm", Integration 58 (2017), 74-81, doi 10.1016/j.vlsi.2017.02.002: energy and delay of simulated gates (PTM models, for
high performance) over the supply voltage as polynomials, whose coefficients are below. They are of gates: how wires,
memories and leakage scale is another matter. 28 nm is none of their nodes; it is between 32 and 20 nm, geometrically.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from spinsc.errors import InputError


@dataclass(frozen=True)
class Node:
    """A process.

    Attributes
    ----------
    voltage_v : float
        Usual supply.
    energy, delay : tuple of float
        Coefficients of the powers of the voltage, from 0 on.
    area : float
        Of the same circuit, that at 180 nm being 1.
    """

    voltage_v: float
    energy: tuple[float, ...]
    delay: tuple[float, ...]
    area: float

    def energy_factor(self, voltage_v: float) -> float:
        return _polynomial(self.energy, voltage_v)

    def delay_factor(self, voltage_v: float) -> float:
        return _polynomial(self.delay, voltage_v)


#: By nanometres.
NODES: Mapping[int, Node] = {
    180: Node(1.8, (-17.98, 24.64), (406.5, -356.7, 97.09), 1.0),
    45: Node(1.0, (0.1539, -0.3107, 1.018), (566.1, -1619.0, 1567.0, -501.6), 0.053),
    32: Node(0.9, (0.1701, -0.4341, 0.8367), (873.5, -2797.0, 2982.0, -1047.0), 0.025),
    20: Node(0.9, (0.04104, -0.1582, 0.373), (41.15, -66.37, 34.63), 0.011),
    7: Node(0.7, (0.02447, -0.09097, 0.1776), (24.69, -70.26, 76.6, -28.58), 0.0032)}
#: Processes that costs can be scaled to, the library's first.
PROCESSES = (180, 45, 28, 7)


@dataclass(frozen=True)
class Scaling:
    """Factors by which energies, delays and areas of one process are multiplied for another."""

    energy: float
    delay: float
    area: float


def scaling(process_nm: int) -> Scaling:
    """From 180 nm at 1.8 V to a process of `PROCESSES` at its usual voltage.

    Raises
    ------
    InputError
        If it is none of them.
    """
    if process_nm not in PROCESSES:
        raise InputError(f"process must be {', '.join(map(str, PROCESSES[:-1]))} or {PROCESSES[-1]} nm, not "
                         f"{process_nm}")
    if process_nm in NODES:
        return _from_180(NODES[process_nm], NODES[process_nm].voltage_v)
    share = math.log(32 / process_nm) / math.log(32 / 20)
    older, younger = _from_180(NODES[32], 0.9), _from_180(NODES[20], 0.9)
    return Scaling(*(a ** (1 - share) * b**share for a, b in (
        (older.energy, younger.energy), (older.delay, younger.delay), (older.area, younger.area))))


def energy_to_180(node_nm: int, voltage_v: float) -> float:
    """Factor from a node at a voltage to 180 nm at 1.8 V."""
    return 1 / _from_180(NODES[node_nm], voltage_v).energy


def _from_180(node: Node, voltage_v: float) -> Scaling:
    base = NODES[180]
    return Scaling(node.energy_factor(voltage_v) / base.energy_factor(base.voltage_v),
                   node.delay_factor(voltage_v) / base.delay_factor(base.voltage_v), node.area)


def _polynomial(coefficients: tuple[float, ...], value: float) -> float:
    return sum(coefficient * value**power for power, coefficient in enumerate(coefficients))
