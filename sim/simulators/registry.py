"""The simulators by name."""

from __future__ import annotations

from spinsc.registry import Registry
from spinsc.sim.simulators.base import Simulator

#: Simulators of this package, and those that others name among the entry points of this group.
SIMULATORS: Registry[type[Simulator]] = Registry("simulator", "spinsc.simulators", {
    "verilator": "spinsc.sim.simulators.verilator:Verilator", "icarus": "spinsc.sim.simulators.icarus:Icarus"})
DEFAULT = "verilator"


def find_simulator(name: str = DEFAULT) -> Simulator:
    """The simulator of this name, as it is on this machine; InputError if there is none."""
    return SIMULATORS.find(name).find()
