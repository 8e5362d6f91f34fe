"""Simulation of a circuit cycle by cycle, which counts how often every net changes.

Without delays, a net changes at most once in a cycle, from what it was at the end of the cycle before. With delays, it
may change more often: glitches. Everything begins at 0, and the clock is not among the nets that are counted.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.compiled import compiled
from spinsc.sim.costs.circuit import ONE, Circuit
from spinsc.sim.costs.liberty import Cell

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
#: Inputs of a gate at most.
GATE_INPUTS = 5
_NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Stimulus:
    """What a circuit is given, and what is recorded.

    Attributes
    ----------
    constants : mapping of int to int
        Values of nets that keep them.
    reset : int
        Net that is 1 in the cycles before cycle 0.
    data : sequence of int
        Nets that have a row of ``rows`` in each cycle, the next one after a cycle in which ``ready`` is 1.
    ready : int
    rows : uint8, shape (any, nets)
        The last one stays.
    valid : int
        Net that is 1 until the last row has been taken.
    watched : sequence of int
        Nets that are recorded in every cycle in which ``when`` is 1.
    when : int
    """

    constants: Mapping[int, int]
    reset: int
    data: Sequence[int]
    ready: int
    rows: Bytes
    valid: int
    watched: Sequence[int]
    when: int


@dataclass(frozen=True)
class Activity:
    """What happened in some cycles.

    Attributes
    ----------
    cycles : int
    changes : int64, shape (nets)
        Of what had settled.
    reads, writes : int64
        Cycles in which a port of a memory was enabled; ports of all memories in their order.
    """

    cycles: int
    changes: Integers
    reads: Integers
    writes: Integers


@dataclass(frozen=True)
class Gates:
    """A circuit as arrays; gates in an order in which each comes after those that drive it.

    Attributes
    ----------
    inputs : int64, shape (gates, GATE_INPUTS)
        Nets; `~spinsc.sim.costs.circuit.ZERO` where there is none.
    tables, outputs : int64, shape (gates)
    data, state : int64, shape (flip-flops)
        Nets at their inputs and outputs.
    """

    inputs: Integers
    tables: Integers
    outputs: Integers
    data: Integers
    state: Integers


def gates_of(circuit: Circuit, cells: Mapping[str, Cell]) -> Gates:
    """Gates and flip-flops of a circuit.

    Raises
    ------
    InputError
        If there are cells that are neither, or a loop of gates.
    """
    found, data, state = [], [], []
    for instance in circuit.instances:
        cell = cells.get(instance.kind)
        if cell is None:
            raise InputError(f"the netlist has a cell {instance.kind}, which the library has not")
        for pin in cell.outputs:
            if pin.name not in instance.nets:
                continue
            if cell.data in instance.nets:
                data.append(instance.nets[cell.data])
                state.append(instance.nets[pin.name])
            elif pin.table is not None and set(pin.inputs) <= instance.nets.keys() \
                    and len(pin.inputs) <= GATE_INPUTS:
                found.append(([instance.nets[name] for name in pin.inputs], pin.table, instance.nets[pin.name]))
            else:
                raise InputError(f"the netlist has a cell {instance.kind}, which is neither a gate nor a flip-flop "
                                 "without a reset")
    order = _order(found, circuit.nets)
    inputs = np.zeros((len(found), GATE_INPUTS), np.int64)
    for row, number in enumerate(order):
        inputs[row, :len(found[number][0])] = found[number][0]
    return Gates(inputs, np.array([found[number][1] for number in order], np.int64),
                 np.array([found[number][2] for number in order], np.int64), np.array(data, np.int64),
                 np.array(state, np.int64))


def _order(gates: Sequence[tuple[list[int], int, int]], nets: int) -> list[int]:
    """Numbers of the gates, each after those that drive it."""
    driver = {output: number for number, (_, _, output) in enumerate(gates)}
    followers: list[list[int]] = [[] for _ in gates]
    waiting = []
    for number, (inputs, _, _) in enumerate(gates):
        drivers = {driver[net] for net in inputs if net in driver}
        waiting.append(len(drivers))
        for before in drivers:
            followers[before].append(number)
    order = [number for number, count in enumerate(waiting) if count == 0]
    for number in order:
        for after in followers[number]:
            waiting[after] -= 1
            if waiting[after] == 0:
                order.append(after)
    if len(order) != len(gates):
        raise InputError("the gates of the netlist form a loop")
    return order


class Simulation:
    """A circuit under way, from the reset on; cycle 0 is the first without it.

    Parameters
    ----------
    circuit : Circuit
    gates : Gates
        Of the circuit.
    stimulus : Stimulus
    reset_cycles : int
        Cycles of the reset.

    Attributes
    ----------
    recorded : list of (int, tuple of int)
        Cycles in which ``when`` was 1, and the watched nets in them.
    """

    def __init__(self, circuit: Circuit, gates: Gates, stimulus: Stimulus, reset_cycles: int = 4) -> None:
        self.circuit, self.gates, self.stimulus = circuit, gates, stimulus
        self.recorded: list[tuple[int, tuple[int, ...]]] = []
        self._values = np.zeros(circuit.nets, np.uint8)
        self._values[ONE] = 1
        for net, value in stimulus.constants.items():
            self._values[net] = value
        self._ports = _ports(circuit)
        self._position = np.array([-reset_cycles, 0], np.int64)  # the next cycle, and the row of the data
        self._given = (np.array([stimulus.reset, stimulus.valid, stimulus.ready], np.int64),
                       np.array(stimulus.data, np.int64), np.ascontiguousarray(stimulus.rows))
        self._fanout = _fanout(gates, circuit.nets)

    def run(self, until: int) -> Activity:
        """Go on to the end of the cycle before ``until``."""
        activity, _ = self._go_on(until, _NOTHING, _NOTHING)
        return activity

    def run_timed(self, until: int, gate_delays: Integers, net_delays: Integers) -> tuple[Activity, Integers]:
        """The same with delays, in a unit for which no cycle is too short; also how often nets changed in all.

        A gate passes on no pulse that is shorter than its delay (inertial delay).

        Parameters
        ----------
        gate_delays : int64, shape (gates)
        net_delays : int64, shape (nets)
            From the clock's edge to the change of what is stored or comes from outside.
        """
        return self._go_on(until, gate_delays, net_delays)

    def _go_on(self, until: int, gate_delays: Integers, net_delays: Integers) -> tuple[Activity, Integers]:
        cycles, nets, watched = until - int(self._position[0]), self.circuit.nets, self.stimulus.watched
        changes, all_changes = np.zeros(nets, np.int64), np.zeros(nets if len(net_delays) else 0, np.int64)
        reads, writes = np.zeros(len(self._ports[0]), np.int64), np.zeros(len(self._ports[4]), np.int64)
        recorded, when = np.zeros((cycles, len(watched)), np.uint8), np.zeros(cycles, np.int64)
        count = _run(self._position, cycles, self._values, self.gates.inputs, self.gates.tables, self.gates.outputs,
                     self.gates.data, self.gates.state, self._ports, reads, writes, self._given,
                     np.array(watched, np.int64), self.stimulus.when, changes, recorded, when, gate_delays, net_delays,
                     self._fanout, all_changes)
        self.recorded += [(int(cycle), tuple(row)) for cycle, row in zip(when[:count], recorded[:count].tolist(),
                                                                         strict=True)]
        return Activity(cycles, changes, reads, writes), all_changes


def _ports(circuit: Circuit) -> tuple[npt.NDArray[Any], ...]:
    """Ports of all memories as arrays, rows of which that are shorter end with -1, their words, and the contents."""
    starts = np.cumsum([0, *(memory.bits for memory in circuit.memories)])
    contents = np.array([bit for memory in circuit.memories for bit in memory.contents], np.uint8)
    placed = list(zip(circuit.memories, starts[:-1].tolist(), strict=True))
    reads = [(memory, start, port) for memory, start in placed for port in memory.reads]
    writes = [(memory, start, port) for memory, start in placed for port in memory.writes]
    data = _rows([port.data for *_, port in reads])
    return (_rows([[start, memory.width, memory.bits, port.enable] for memory, start, port in reads], 4), data,
            _rows([port.address for *_, port in reads]), np.zeros(data.shape, np.uint8),
            _rows([[start, memory.width, memory.bits] for memory, start, port in writes], 3),
            _rows([port.data for *_, port in writes]), _rows([port.enables for *_, port in writes]),
            _rows([port.address for *_, port in writes]), contents)


def _rows(rows: Sequence[Sequence[int]], width: int = 1) -> Integers:
    table = np.full((len(rows), max([width, *map(len, rows)])), -1, np.int64)
    for number, row in enumerate(rows):
        table[number, :len(row)] = row
    return table


def _fanout(gates: Gates, nets: int) -> tuple[Integers, Integers]:
    """Gates that each net drives: where those of a net begin, and all of them."""
    inputs = gates.inputs.reshape(-1)
    order = np.argsort(inputs, kind="stable")
    return np.searchsorted(inputs[order], np.arange(nets + 1)), order // GATE_INPUTS


@compiled
def _output(values, inputs, tables, gate):  # type: ignore[no-untyped-def]
    index = (values[inputs[gate, 0]] | values[inputs[gate, 1]] << 1 | values[inputs[gate, 2]] << 2
             | values[inputs[gate, 3]] << 3 | values[inputs[gate, 4]] << 4)
    return tables[gate] >> index & 1


@compiled
def _number(values, nets):  # type: ignore[no-untyped-def]
    """The number at some nets, from bit 0 to the first -1."""
    number = np.int64(0)
    for bit in range(len(nets)):
        if nets[bit] >= 0:
            number |= np.int64(values[nets[bit]]) << bit
    return number


@compiled
def _edge(values, data, state, ports, reads, writes, changed):  # type: ignore[no-untyped-def]
    """The clock's edge: all that is stored takes what has settled. Which nets changed; their number."""
    read, read_data, read_address, words, write, write_data, write_enable, write_address, contents = ports
    for port in range(len(read)):
        start, width, bits, enable = read[port]
        if values[enable]:
            reads[port] += 1
            at = _number(values, read_address[port]) * width
            for bit in range(width):
                words[port, bit] = contents[start + at + bit] if at + bit < bits else 0
    for port in range(len(write)):  # memories are read before they are written
        start, width, bits = write[port]
        at = _number(values, write_address[port]) * width
        written = False
        for bit in range(width):
            if values[write_enable[port, bit]] and at + bit < bits:
                contents[start + at + bit] = values[write_data[port, bit]]
                written = True
        writes[port] += written
    following = values[data]
    count = 0
    for at in range(len(state)):
        if values[state[at]] != following[at]:
            values[state[at]] = following[at]
            changed[count] = state[at]
            count += 1
    for port in range(len(read)):
        for bit in range(read[port, 1]):
            net = read_data[port, bit]
            if net > 1 and values[net] != words[port, bit]:
                values[net] = words[port, bit]
                changed[count] = net
                count += 1
    return count


@compiled
def _settle(values, inputs, tables, outputs, changed, count, gate_delays, net_delays, fanout, due, all_changes):  # type: ignore[no-untyped-def]
    """With delays: from the changes at the edge to rest, event by event; ``due`` is when a net will change, or -1."""
    starts, gates = fanout
    events = [np.int64(0) for _ in range(0)]
    for at in range(count):
        net = changed[at]
        values[net] ^= 1
        due[net] = net_delays[net]
        heapq.heappush(events, due[net] << 32 | net)
    while len(events):
        event = heapq.heappop(events)
        now, net = event >> 32, event & 0xffffffff
        if due[net] != now:  # it was called off
            continue
        due[net] = -1
        values[net] ^= 1
        all_changes[net] += 1
        for place in range(starts[net], starts[net + 1]):
            gate = gates[place]
            output = outputs[gate]
            differs = _output(values, inputs, tables, gate) != values[output]
            if differs and due[output] < 0:
                due[output] = now + gate_delays[gate]
                heapq.heappush(events, due[output] << 32 | output)
            elif not differs:
                due[output] = -1


@compiled
def _run(position, cycles, values, inputs, tables, outputs, data, state, ports, reads, writes, given, watched, when,  # type: ignore[no-untyped-def]
         changes, recorded, recorded_cycles, gate_delays, net_delays, fanout, all_changes):
    """Some cycles; the number of those that were recorded."""
    (reset, valid, ready), stream, rows = given
    changed = np.zeros(len(values), np.int64)
    due = np.full(len(values), -1, np.int64)
    count = 0
    for _ in range(cycles):
        cycle, row = position
        if values[valid] and values[ready]:
            row += 1
        changing = _edge(values, data, state, ports, reads, writes, changed)
        for at in range(len(stream) + 2):
            if at == len(stream):
                net, new = valid, cycle >= 0 and row < len(rows)
            elif at > len(stream):
                net, new = reset, cycle < 0
            else:
                net, new = stream[at], rows[min(row, len(rows) - 1), at] != 0
            if (values[net] != 0) != new:
                values[net] = new
                changed[changing] = net
                changing += 1
        if len(all_changes):
            settled = values.copy()
            for at in range(changing):
                settled[changed[at]] ^= 1
            _settle(values, inputs, tables, outputs, changed, changing, gate_delays, net_delays, fanout, due,
                    all_changes)
            for net in range(len(values)):
                changes[net] += values[net] != settled[net]
        else:
            for at in range(changing):
                changes[changed[at]] += 1
            for gate in range(len(outputs)):
                new = _output(values, inputs, tables, gate)
                net = outputs[gate]
                if values[net] != new:
                    values[net] = new
                    changes[net] += 1
        if cycle >= 0 and values[when]:
            recorded_cycles[count] = cycle
            for at in range(len(watched)):
                recorded[count, at] = values[watched[at]]
            count += 1
        position[0] = cycle + 1
        position[1] = row
    return count
