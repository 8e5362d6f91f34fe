"""Two-bank buffer that gathers a stream of states into the chunks of a layer."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.delay import delayed
from spinsc.hdl.shapes import state_width
from spinsc.integers import ceil_div


class StateBuffer(wiring.Component):
    """Ping-pong buffer: while a layer computes on one image, the states of the next are gathered.

    This is the one way in which inputs are gathered: every neuron takes all of them. A convolution would have a buffer
    of its own with these members.

    State i of an image goes to chunk i div S, lane i mod S. Lanes beyond the last state hold state 0. An image takes
    :attr:`beats` cycles to write, of which the last ``beats - input_beats`` take no input.

    Parameters
    ----------
    inputs, lanes, states : int
        I, S and K.
    per_beat : int
        States in one beat of the input, 1..S.
    drops : bool
        It has the member ``drop``.
    pipeline : bool
        With registers in front of the memory and behind it.

    Members
    -------
    input : In(Signature(w * per_beat))
        State e of a beat is bits e*w to e*w + w-1. States of the last beat beyond the image are ignored.
    drop : In(1), only if it drops
        With a transfer of ``input``: forget this beat and all before it of the image, and begin the next image.
    full : Out(1)
        The bank to be read holds a whole image.
    read : In(1), address : In(bits of chunks-1)
        Take a chunk into ``word``, which has it from the next cycle on; with a pipeline, two cycles later.
    give_back : In(1)
        Give the bank back; the last read may be in the same cycle.
    word : Out(w*S)
        Bit planes: bit b of lane s is bit b*S + s.
    """

    def __init__(self, inputs: int, lanes: int, states: int, per_beat: int = 1, drops: bool = False,
                 pipeline: bool = False) -> None:
        if not 1 <= per_beat <= lanes:
            raise ValueError(f"per_beat must be from 1 to the {lanes} lanes, not {per_beat}")
        self.inputs, self.lanes, self.states, self.per_beat, self.drops = inputs, lanes, states, per_beat, drops
        self.pipeline = pipeline
        self.width = state_width(states)
        self.chunks = ceil_div(inputs, lanes)
        self.input_beats = ceil_div(inputs, per_beat)
        self.beats = ceil_div(self.chunks * lanes, per_beat)
        super().__init__({
            "input": In(stream.Signature(self.width * per_beat)), **({"drop": In(1)} if drops else {}),
            "full": Out(1), "read": In(1), "address": In(bits_for(self.chunks - 1)), "give_back": In(1),
            "word": Out(self.width * lanes)})

    def model(self, states: list[int]) -> list[list[int]]:
        """States of each chunk, lane by lane."""
        padded = [*states, *[0] * (self.chunks * self.lanes - self.inputs)]
        return [padded[c * self.lanes:(c + 1) * self.lanes] for c in range(self.chunks)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lanes, per_beat = self.lanes, self.per_beat
        m.submodules.memory = memory = Memory(shape=self.width * lanes, depth=2 * self.chunks, init=[])
        write, read = memory.write_port(), memory.read_port()

        full = Signal(2)
        write_bank, read_bank = Signal(), Signal()
        # At least one bit each: Verilog has no vector of none.
        beat = Signal(bits_for(self.beats - 1))
        fill = Signal(bits_for(lanes - 1))
        chunk = Signal(bits_for(self.chunks - 1))

        taking = Signal()
        free = Signal()
        advance = Signal()
        m.d.comb += [
            free.eq(~full.bit_select(write_bank, 1)),
            taking.eq(beat < self.input_beats),
            self.input.ready.eq(free & taking),
            advance.eq(free & (~taking | self.input.valid))]

        fresh = self._fresh(m, beat, taking)
        surplus = Signal(range(max(per_beat, 2)))
        complete = Signal()
        m.d.comb += [surplus.eq(fill + per_beat - lanes), complete.eq(fill + per_beat >= lanes)]
        words = self._words(m, fresh, advance, surplus)
        m.d.comb += [
            write.data.eq(self._staged(m, Cat(*words), "write_data")),
            write.en.eq(self._staged(m, advance & complete, "write_enable")),
            write.addr.eq(self._staged(m, chunk + Mux(write_bank, self.chunks, 0), "write_address")),
            read.en.eq(self._staged(m, self.read, "read_enable")),
            read.addr.eq(self._staged(m, self.address + Mux(read_bank, self.chunks, 0), "read_address")),
            self.word.eq(self._staged(m, read.data, "read_data")), self.full.eq(full.bit_select(read_bank, 1))]
        if self.drops:
            with m.If(self.input.valid & self.input.ready & self.drop):
                m.d.sync += [beat.eq(0), fill.eq(0), chunk.eq(0)]
        with (m.Elif if self.drops else m.If)(advance):
            m.d.sync += beat.eq(beat + 1)
            with m.If(complete):
                m.d.sync += [fill.eq(surplus), chunk.eq(chunk + 1)]
            with m.Else():
                m.d.sync += fill.eq(fill + per_beat)
            with m.If(beat == self.beats - 1):
                m.d.sync += [beat.eq(0), fill.eq(0), chunk.eq(0), write_bank.eq(~write_bank),
                             full.bit_select(write_bank, 1).eq(Const(1))]
        with m.If(self.give_back):
            m.d.sync += [full.bit_select(read_bank, 1).eq(0), read_bank.eq(~read_bank)]
        return m

    def _staged(self, m: Module, value: Value, name: str) -> Value:
        """With a pipeline, a register more. A word is written before it can be asked for, and read before it can be
        written again: both wait for one.
        """
        return delayed(m, value, name) if self.pipeline else value

    def _fresh(self, m: Module, beat: Signal, taking: Signal) -> Signal:
        """States that are new in this beat; state 0 beyond those of the image."""
        beyond = self.input_beats * self.per_beat - self.inputs
        fresh = Signal(self.width * self.per_beat)
        kept = self.input.payload
        if beyond:
            used = self.width * (self.per_beat - beyond)
            kept = Mux(beat == self.input_beats - 1, self.input.payload[:used], self.input.payload)
        m.d.comb += fresh.eq(Mux(taking, kept, 0))
        return fresh

    def _words(self, m: Module, fresh: Signal, advance: Signal, surplus: Signal) -> list[Signal]:
        """Planes of the chunk that fills up in this beat, of which ``surplus`` states belong to the next chunk.

        The history of a plane holds the newest states at its upper end. When a chunk fills up in the middle of a beat,
        its lanes lie below the surplus.
        """
        lanes, per_beat = self.lanes, self.per_beat
        words = []
        for b in range(self.width):
            history = Signal(lanes + per_beat - 1, name=f"history_{b}", reset_less=True)
            following = Signal(lanes + 2 * per_beat - 1, name=f"following_{b}")
            m.d.comb += following.eq(Cat(history, *(fresh[e * self.width + b] for e in range(per_beat))))
            with m.If(advance):
                m.d.sync += history.eq(following >> per_beat)
            plane = Signal(lanes, name=f"plane_{b}")
            with m.Switch(surplus):
                for over in range(per_beat):
                    start = 2 * per_beat - 1 - over
                    # A default last, so that lint sees all values covered whatever the width of the surplus.
                    with m.Case(over) if over < per_beat - 1 else m.Default():
                        m.d.comb += plane.eq(following[start:start + lanes])
            words.append(plane)
        return words
