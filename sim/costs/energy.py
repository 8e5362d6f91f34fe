"""Energy of a circuit's cells from how often its nets change.

A change of a net of capacitance C costs C V^2 / 2, and what the library's tables say for the cell that drives it (its
internal power, which is an energy, in units of capacitance x voltage^2) at that load and the transition of its inputs.
C is that of the pins at the net. The clock costs every flip-flop both edges in every cycle, and a tree of buffers.

Formula source: Liberty reference manual, "Modeling power"; Weste and Harris, CMOS VLSI design, 5.2.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from spinsc.sim.costs.circuit import Circuit
from spinsc.sim.costs.gates import Integers
from spinsc.sim.costs.liberty import Arc, Cell, Floats, Library

Group = TypeVar("Group")

#: Transition of inputs and of the clock, as static timing assumes.
INPUT_TRANSITION_S = 1e-10
#: Rounds in which transitions settle: each gate passes on little of that at its inputs.
TRANSITION_ROUNDS = 12
#: Flip-flops, or buffers, that a buffer of the clock drives.
CLOCK_FANOUT = 16
#: Buffers of the clock, the first that the library has.
CLOCK_BUFFERS = ("CLKBUF1", "BUFX4", "BUFX2")


@dataclass(frozen=True)
class Energy:
    """Energies in joules.

    Attributes
    ----------
    nets : float
        Of charging pins.
    internal, internal_low, internal_high : float
        In cells. The library has a figure for each input that may have caused a change: the mean, and if it always was
        the cheapest, or the dearest.
    clock : float
        At the clock pins of flip-flops, and in them, whatever they store.
    leakage_w : float
        Power, in watts.
    area_um2 : float
    cells, flip_flops : float
        Numbers of them.
    """

    nets: float = 0.0
    internal: float = 0.0
    internal_low: float = 0.0
    internal_high: float = 0.0
    clock: float = 0.0
    leakage_w: float = 0.0
    area_um2: float = 0.0
    cells: float = 0.0
    flip_flops: float = 0.0

    def __add__(self, other: Energy) -> Energy:
        return Energy(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __truediv__(self, images: int) -> Energy:
        """The same for one of so many images: all but power, area and numbers."""
        return replace(self, **{name: getattr(self, name) / images for name in (
            "nets", "internal", "internal_low", "internal_high", "clock")})


def clock_tree(library: Library, flip_flops: int, load_f: float, cycles: int) -> Energy:
    """Energy of a tree of buffers between the clock's pin and flip-flops whose clock pins have ``load_f`` in all.

    It is a model: as many buffers as that each drives `CLOCK_FANOUT`, without wires.
    """
    name = next((name for name in CLOCK_BUFFERS if name in library.cells), None)
    if name is None or not flip_flops:
        return Energy()
    buffer = library.cells[name]
    pin, output = _input(buffer), buffer.outputs[0]
    total, driven, load = Energy(), flip_flops, load_f
    while driven > 1:
        count = math.ceil(driven / CLOCK_FANOUT)
        internal = float(_mean(output.energies, load / count, INPUT_TRANSITION_S)) * 2 * cycles * count
        inputs = count * pin
        total += Energy(clock=internal + inputs * library.voltage_v**2 * cycles, leakage_w=count * buffer.leakage_w,
                        area_um2=count * buffer.area_um2, cells=count)
        driven, load = count, inputs
    return total


def clock_load(circuit: Circuit, library: Library) -> float:
    """Capacitance of all clock pins, in farads."""
    return sum(cell.pins[cell.clock].capacitance_f for instance in circuit.instances
               if (cell := library.cells[instance.kind]).clock)


def net_loads(circuit: Circuit, library: Library) -> Floats:
    """Capacitance of the pins at each net, in farads."""
    loads = np.zeros(circuit.nets)
    for instance in circuit.instances:
        for name, pin in library.cells[instance.kind].pins.items():
            if not pin.output and name in instance.nets:
                loads[instance.nets[name]] += pin.capacitance_f
    return loads


def _input(cell: Cell) -> float:
    """Capacitance of the input of a cell that has one."""
    return next(pin.capacitance_f for pin in cell.pins.values() if not pin.output)


def _mean(arcs: Iterable[Arc], load: npt.ArrayLike, transition: npt.ArrayLike) -> Floats:
    found = [arc.at(load, transition) for arc in arcs]
    mean: Floats = np.mean(found, axis=0) if found else np.zeros(np.shape(load))
    return mean


class Estimate:
    """Energies and delays of a circuit's cells: tables are read for all cells of a kind at once.

    Attributes
    ----------
    loads, transitions : float64, shape (nets)
        Capacitance of the pins at each net, in farads, and the transition of the net, in seconds.
    """

    def __init__(self, circuit: Circuit, library: Library) -> None:
        self.circuit, self.library = circuit, library
        self.loads = net_loads(circuit, library)
        self._kinds: defaultdict[str, list[int]] = defaultdict(list)
        for number, instance in enumerate(circuit.instances):
            self._kinds[instance.kind].append(number)
        self.transitions = np.full(circuit.nets, INPUT_TRANSITION_S)
        for _ in range(TRANSITION_ROUNDS):
            self.transitions = self._at_outputs("transitions", self.transitions)

    def delays(self) -> Floats:
        """Delay of what drives each net, in seconds: mean of its inputs, rise and fall; 0 where no cell does."""
        return self._at_outputs("delays", np.zeros(self.circuit.nets))

    def _at_outputs(self, name: str, otherwise: Floats) -> Floats:
        """Means of the arcs of this name at all nets that cells drive."""
        found = otherwise.copy()
        for kind, numbers in self._kinds.items():
            for pin in self.library.cells[kind].outputs:
                arcs: tuple[Arc, ...] = getattr(pin, name)
                if arcs:
                    output = self._nets(numbers, pin.name)
                    found[output] = np.mean([arc.at(self.loads[output], self._transition(kind, numbers, arc))
                                             for arc in arcs], axis=0)
        return found

    def _nets(self, numbers: list[int], pin: str) -> Integers:
        """Nets at a pin of these cells; net 0, which never changes, where it is open."""
        return np.array([self.circuit.instances[number].nets.get(pin, 0) for number in numbers], np.int64)

    def _transition(self, kind: str, numbers: list[int], arc: Arc) -> Floats:
        """Transition at an arc's input; the clock has its own."""
        if not arc.related or arc.related == self.library.cells[kind].clock:
            return np.full(len(numbers), INPUT_TRANSITION_S)
        found: Floats = self.transitions[self._nets(numbers, arc.related)]
        return found

    def energies(self, changes: Integers, cycles: int, groups: Mapping[str, Group]) -> dict[Group, Energy]:
        """Energies of groups of cells.

        Parameters
        ----------
        changes : int64, shape (nets)
        cycles : int
            In which they were counted.
        groups : mapping
            Group of each cell, by its name.
        """
        found: defaultdict[Group, Energy] = defaultdict(Energy)
        for kind, numbers in self._kinds.items():
            cell = self.library.cells[kind]
            same = Energy(leakage_w=cell.leakage_w, area_um2=cell.area_um2, cells=1, flip_flops=bool(cell.clock))
            for number, values in zip(numbers, self._of_kind(cell, numbers, changes, cycles).T.tolist(), strict=True):
                nets, mean, low, high, clock = values
                found[groups[self.circuit.instances[number].name]] += replace(
                    same, nets=nets, internal=mean, internal_low=low, internal_high=high, clock=clock)
        return dict(found)

    def _of_kind(self, cell: Cell, numbers: list[int], changes: Integers, cycles: int) -> Floats:
        """Of these cells of a kind: nets, internal (mean, lowest, highest), clock; shape (5, cells)."""
        half = self.library.voltage_v**2 / 2
        nets, internal, clock = found = np.zeros(len(numbers)), np.zeros((3, len(numbers))), np.zeros(len(numbers))
        for pin in cell.pins.values():
            at = self._nets(numbers, pin.name)
            if pin.output:
                nets += changes[at] * self.loads[at] * half
                arcs = [arc.at(self.loads[at], self._transition(cell.name, numbers, arc)) for arc in pin.energies]
                if arcs:
                    internal += changes[at] * np.array([np.mean(arcs, 0), np.min(arcs, 0), np.max(arcs, 0)])
            elif pin.name == cell.clock:
                clock += 2 * cycles * (_mean(pin.energies, 0.0, INPUT_TRANSITION_S) + pin.capacitance_f * half)
            else:
                internal += changes[at] * _mean(pin.energies, np.zeros(len(numbers)), self.transitions[at])
        return np.vstack(found)
