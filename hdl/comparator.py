"""Bitstream comparators: random numbers and states in, stochastic bits out."""

from collections.abc import Sequence

from amaranth.hdl import Const, Module, Signal, Value, ValueLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spinsc.hdl.shapes import comparator_threshold, state_width


class ThermometerComparator(wiring.Component):
    """Compares each lane's random number with the thresholds of all states at once.

    ``planes[k-1][s] = r[s] < T[k]`` for k = 1..K-2; states 0 and K-1 need no comparison. One comparator serves
    every neuron that shares the lane's random number. Combinational.

    Bits of equal weight lie together (bit planes), so that every operation is one on a vector of lanes.

    Parameters
    ----------
    lanes, states, random_bits : int
        S >= 1, K >= 2 and m >= 0.
    thresholds : sequence of sequences of int, optional
        T[0..K-1] of each lane, ascending from 0 to 2^m. By default :func:`comparator_threshold` for all.

    Members
    -------
    random : In(m*S), only if m > 0
        Bit b of lane s's random number is bit b*S + s.
    planes : Out(S).array(K-2), only if K > 2
        Ascending: ``planes[k]`` is one wherever ``planes[k-1]`` is.
    """

    def __init__(self, lanes: int, states: int, random_bits: int,
                 thresholds: Sequence[Sequence[int]] | None = None) -> None:
        self.lanes, self.states, self.random_bits = lanes, states, random_bits
        uniform = [comparator_threshold(k, states, random_bits) for k in range(states)]
        self.thresholds = [uniform] * lanes if thresholds is None else [list(row) for row in thresholds]
        for row in self.thresholds:
            if len(row) != states or row != sorted(row) or (row[0], row[-1]) != (0, 1 << random_bits):
                raise ValueError(f"thresholds of a lane must be {states}, ascending from 0 to {1 << random_bits}, "
                                 f"not {row}")
        if len(self.thresholds) != lanes:
            raise ValueError(f"thresholds must be those of {lanes} lanes, not of {len(self.thresholds)}")
        members = {}
        if random_bits:
            members["random"] = In(random_bits * lanes)
        if states > 2:
            members["planes"] = Out(lanes).array(states - 2)
        super().__init__(members)

    def model(self, random: Sequence[int]) -> list[int]:
        """Planes, as integers of S bits, for one random number per lane."""
        return [sum((r < self.thresholds[s][k]) << s for s, r in enumerate(random))
                for k in range(1, self.states - 1)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for k in range(1, self.states - 1):
            targets = [row[k] for row in self.thresholds]
            less = self._less(targets[0]) if len(set(targets)) == 1 else self._less_than_each(targets)
            plane = Signal(self.lanes, name=f"less_{k}")
            m.d.comb += [plane.eq(less), self.planes[k - 1].eq(plane)]
        return m

    def _less(self, target: int) -> Value:
        """``r < target`` in all lanes."""
        if target >> self.random_bits:
            return Const((1 << self.lanes) - 1, self.lanes)
        # From the lowest bit up: a threshold bit of 1 is above a random 0, one of 0 is below a random 1.
        less: Value = Const(0, self.lanes)
        started = False
        for b in range(self.random_bits):
            low = ~self.random[b * self.lanes:(b + 1) * self.lanes]
            if target >> b & 1:
                less = (less | low) if started else low
                started = True
            elif started:
                less = less & low
        return less

    def _less_than_each(self, targets: Sequence[int]) -> Value:
        """``r[s] < targets[s]``: the same with a vector of threshold bits, whose majority with both is either."""
        def of_lanes(b: int) -> Value:
            return Const(sum((target >> b & 1) << s for s, target in enumerate(targets)), self.lanes)

        less: Value = Const(0, self.lanes)
        for b in range(self.random_bits):
            low = ~self.random[b * self.lanes:(b + 1) * self.lanes]
            less = (low & of_lanes(b)) | (less & (low | of_lanes(b)))
        return less | of_lanes(self.random_bits)


class BitstreamSelect(wiring.Component):
    """Gives each lane the bit of its state: ``planes[state[s] - 1][s]``, 0 for state 0 and 1 for state K-1.

    Where planes ascend, as a comparator's do, a two-way selection is ``low | (bit & high)``. Combinational.

    Parameters
    ----------
    lanes, states : int
        S and K.
    ascending : bool
        The planes ascend.

    Members
    -------
    states : In(w*S), w = bits of K-1
        Bit b of lane s's state is bit b*S + s.
    planes : In(S).array(K-2), only if K > 2
    bits : Out(S)
    """

    def __init__(self, lanes: int, states: int, ascending: bool = True) -> None:
        self.lanes, self.state_count, self.ascending = lanes, states, ascending
        members = {"states": In(state_width(states) * lanes), "bits": Out(lanes)}
        if states > 2:
            members["planes"] = In(lanes).array(states - 2)
        super().__init__(members)

    def model(self, states: Sequence[int], planes: Sequence[int]) -> int:
        """Bits of all lanes as one integer."""
        steps = [0, *planes, (1 << self.lanes) - 1]
        return sum((steps[k] >> s & 1) << s for s, k in enumerate(states))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Names stand for the ends: below the first plane nothing is one, above the last everything is.
        zero, one = "zero", "one"
        level: list[ValueLike] = [zero, *(self.planes if self.state_count > 2 else []), one]
        for b in range(state_width(self.state_count)):
            select = Signal(self.lanes, name=f"state_{b}")
            m.d.comb += select.eq(self.states[b * self.lanes:(b + 1) * self.lanes])
            merged: list[ValueLike] = []
            for pair in range(0, len(level), 2):
                low, high = level[pair], level[pair + 1] if pair + 1 < len(level) else None
                if high is None or high is low:
                    merged.append(low)
                    continue
                chosen = select if high is one else select & high
                last = len(level) <= 2
                node = self.bits if last else Signal(self.lanes, name=f"select_{b}_{pair // 2}")
                if low is not zero and high is not one and not self.ascending:
                    low = low & ~select
                m.d.comb += node.eq(chosen if low is zero else low | chosen)
                merged.append(node)
            level = merged
        return m


class MagnitudeComparator(wiring.Component):
    """Compares each lane's random number with a threshold of its own: ``bits[s] = r[s] < T[s]``. Combinational.

    Gives the bits that `ThermometerComparator` and `BitstreamSelect` give together, from the threshold of a state in
    place of the state: m majorities a lane, whatever the number of states.

    Parameters
    ----------
    lanes, random_bits : int
        S >= 1 and m >= 1.

    Members
    -------
    random : In(m*S)
        Bit b of lane s's random number is bit b*S + s.
    thresholds : In((m+1)*S)
        Bit b of lane s's threshold, 0 to 2^m, is bit b*S + s.
    bits : Out(S)
    """

    def __init__(self, lanes: int, random_bits: int) -> None:
        self.lanes, self.random_bits = lanes, random_bits
        super().__init__({"random": In(random_bits * lanes), "thresholds": In((random_bits + 1) * lanes),
                          "bits": Out(lanes)})

    def model(self, random: Sequence[int], thresholds: Sequence[int]) -> int:
        """Bits of all lanes as one integer."""
        return sum((r < threshold) << s for s, (r, threshold) in enumerate(zip(random, thresholds, strict=True)))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        less: Value = Const(0, self.lanes)
        # From the lowest bit up, as where thresholds are constant; the highest says that it is always less.
        for b in range(self.random_bits):
            low, bit, next_less = (Signal(self.lanes, name=f"{name}_{b}") for name in ("low", "threshold", "less"))
            m.d.comb += [low.eq(~self.random[b * self.lanes:(b + 1) * self.lanes]),
                         bit.eq(self.thresholds[b * self.lanes:(b + 1) * self.lanes]),
                         next_less.eq((low & bit) | (less & (low | bit)))]
            less = next_less
        m.d.comb += self.bits.eq(less | self.thresholds[self.random_bits * self.lanes:])
        return m
