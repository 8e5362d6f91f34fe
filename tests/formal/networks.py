"""Claims about a whole emitted network at its ports, whatever it is given and whenever source and sink wait."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amaranth.hdl import Array, Cat, ClockSignal, Const, Instance, Module, Mux, ResetSignal, Signal, Value

from spinsc.gen.manifest import Manifest
from spinsc.hdl.comparator import comparator_threshold
from spinsc.models.network import Network
from tests.formal.claim import Claim, words


class NetworkClaim(Claim):
    """Surroundings of a network with random ports: a source of images, a sink, and recordings.

    Images alternate between two whose pixels may be anything, and so may the random bits, which are those of a
    recording that begins again with each image. ``offer`` and ``take`` say when the source has a beat and when the
    sink is ready; like AXI-Stream's, the source does not take a beat back.

    Parameters
    ----------
    folder, manifest, network
        The emitted folder, and what it was emitted from.
    moving : bool
        Recordings move on in cycles in which the sink is not ready, too, so that results depend on stalls.
    """

    def __init__(self, folder: Path, manifest: Manifest, network: Network, moving: bool = False) -> None:
        self.moving = moving
        self.sources = tuple(sorted((folder / "rtl").iterdir()))
        self.memories = folder / "mem"
        self.manifest, self.network = manifest, network
        self.recordings = {f"recording{number}": layer.compute_steps * layer.devices.count
                           for number, layer in enumerate(manifest.layers)}
        super().__init__(offer=1, take=1, images=2 * 8 * manifest.beats_per_image * manifest.pixels_per_beat,
                         **{name: max(width, 1) for name, width in self.recordings.items()})

    def surround(self, m: Module) -> dict[str, Any]:
        """Instance of the network between source, sink and recordings; its ports by name."""
        manifest = self.manifest
        ports: dict[str, Any] = {port.name: Signal(port.width, name=port.name) for port in manifest.ports
                                 if port.name not in ("clk", "rst")}
        m.submodules.dut = Instance(manifest.top, i_clk=ClockSignal(), i_rst=ResetSignal(), **{
            f"{port.direction[0]}_{port.name}": ports[port.name] for port in manifest.ports if port.name in ports})
        beats, width = manifest.beats_per_image, 8 * manifest.pixels_per_beat
        self.pixels = self.fixed(m, "images")
        beat = Signal(range(2 * beats + 1))
        offered = Signal()
        m.d.comb += [ports["s_axis_tvalid"].eq(self.offer | offered), ports["m_axis_tready"].eq(self.take),
                     ports["s_axis_tdata"].eq(Array(words(self.pixels, width))[beat])]
        if manifest.tlast:
            m.d.comb += ports["s_axis_tlast"].eq((beat == beats - 1) | (beat == 2 * beats - 1))
        m.d.sync += offered.eq(ports["s_axis_tvalid"] & ~ports["s_axis_tready"])
        with m.If(ports["s_axis_tvalid"] & ports["s_axis_tready"]):
            m.d.sync += beat.eq(Mux(beat == 2 * beats - 1, 0, beat + 1))
        self.random: list[list[Value]] = []
        for number, layer in enumerate(manifest.layers):
            devices = layer.devices.count
            samples = words(self.fixed(m, f"recording{number}"), devices) if devices else []
            self.random.append(samples)
            step = Signal(range(layer.compute_steps + 1), name=f"step{number}")
            with m.If(ports[f"random{number}_step"] | (~self.take & self.moving)):
                m.d.sync += step.eq(Mux(ports[f"random{number}_last"], 0, step + 1))
            sides = [ports[name] for side in ("activation", "weight") if (name := f"random{number}_{side}") in ports]
            if sides:
                m.d.comb += Cat(*sides).eq(Array(samples)[step])
        return ports


class OutputIsStable(NetworkClaim):
    """AXI-Stream: valid, class and scores stay until they are taken.

    ``honest`` is false where the network is made to withdraw its results, so that the claim does not hold.
    """

    def __init__(self, folder: Path, manifest: Manifest, network: Network, honest: bool = True) -> None:
        super().__init__(folder, manifest, network)
        self.honest = honest

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports = self.surround(m)
        valid = ports["m_axis_tvalid"] & (1 if self.honest else self.offer)
        word = Cat(ports["m_axis_tdata"], ports["m_axis_tuser"])
        waited, was = Signal(), Signal.like(word)
        m.d.sync += [waited.eq(valid & ~self.take), was.eq(word)]
        self.claim(m, ~waited | (valid & (word == was)))
        return m


class ResultsComeInTime(NetworkClaim):
    """No deadlock: of the cycles in which source and sink are ready, fewer than ``cycles`` pass without a result."""

    def __init__(self, folder: Path, manifest: Manifest, network: Network, cycles: int) -> None:
        super().__init__(folder, manifest, network)
        self.cycles = cycles

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports = self.surround(m)
        waited = Signal(range(self.cycles + 1))
        with m.If(ports["m_axis_tvalid"] & self.take):
            m.d.sync += waited.eq(0)
        with m.Elif(ports["s_axis_tvalid"] & self.take & (waited != self.cycles)):
            m.d.sync += waited.eq(waited + 1)
        self.claim(m, waited != self.cycles)
        return m


class ResultsAreTheContracts(NetworkClaim):
    """Accumulators, states, scores and classes of all images are those of the bit contract, so none depends on stalls
    and no sum overflows; up to a number of cycles, in which several images pass.
    """

    bound = 48

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports = self.surround(m)
        manifest, network = self.manifest, self.network
        pixels = words(self.pixels, 8)
        each = manifest.beats_per_image * manifest.pixels_per_beat
        images = [self._image(m, pixels[at:at + manifest.inputs], f"image{n}") for n, at in enumerate((0, each))]
        holds: Value = Const(1, 1)
        for number, layer in enumerate(network.layers):
            index, odd = Signal(range(layer.neurons + 1), name=f"index{number}"), Signal(name=f"odd{number}")
            with m.If(ports[f"trace{number}_valid"]):
                m.d.sync += index.eq(index + 1)
                with m.If(index == layer.neurons - 1):
                    m.d.sync += [index.eq(0), odd.eq(~odd)]
            expected = [Array([word for image in images for word in image[name][number]])
                        [Mux(odd, layer.neurons, 0) + index] for name in ("accumulators", "states")]
            equal = (ports[f"trace{number}_index"] == index) & (ports[f"trace{number}_accumulator"] == expected[0])
            if f"trace{number}_state" in ports:
                equal &= ports[f"trace{number}_state"] == expected[1]
            holds &= ~ports[f"trace{number}_valid"] | equal
        odd = Signal()
        with m.If(ports["m_axis_tvalid"] & self.take):
            m.d.sync += odd.eq(~odd)
        scores = [score.as_signed() for score in words(ports["m_axis_tuser"], manifest.score_width)]
        for image, at in zip(images, (~odd, odd), strict=True):
            right = Cat(*(score == acc + int(bias) for score, acc, bias in zip(
                scores, image["accumulators"][-1], network.layers[-1].outcome_integers(network.length), strict=True)))
            best: Value = Const(0)
            for j in range(1, len(scores)):
                best = Mux(Cat(*(scores[j] > score for score in scores[:j])).all(), j, best)
            holds &= ~ports["m_axis_tvalid"] | ~at | (right.all() & (ports["m_axis_tdata"] == best))
        self.claim(m, holds)
        return m

    def _image(self, m: Module, pixels: Sequence[Value], prefix: str) -> dict[str, list[list[Value]]]:
        """Accumulators and states of each layer, by the formulas of the bit contract."""
        network = self.network
        states = [_count(pixel >= int(theta) for theta in network.input_thresholds) for pixel in pixels]
        found: dict[str, list[list[Value]]] = {"accumulators": [], "states": []}
        for number, (layer, entry) in enumerate(zip(network.layers, self.manifest.layers, strict=True)):
            accumulators = []
            for j in range(layer.neurons):
                ones = []
                for i in range(layer.inputs):
                    lane = i % entry.lanes
                    for t in range(network.length):
                        n = ((j // entry.units) * entry.chunks + i // entry.lanes) * network.length + t
                        sample = self.random[number][n] if entry.devices.count else Const(0, 1)
                        width = entry.activation_bits + entry.weight_bits
                        bits = [sample[b * entry.lanes + lane] for b in range(width)]
                        a = _bit(bits[:entry.activation_bits], states[i], entry.input_states)
                        w = _bit(bits[entry.activation_bits:], Const(int(layer.weights[j, i]), 8),
                                 entry.weight_states)
                        ones.append(~(a ^ w))
                accumulators.append(_named(m, _count(ones), f"{prefix}_accumulator{number}_{j}"))
            found["accumulators"].append(accumulators)
            if entry.output_states is None:
                states = [Const(0, 1)] * layer.neurons
            else:
                states = [_named(m, _count(acc >= int(value) for value in row), f"{prefix}_state{number}_{j}")
                          for j, (acc, row) in enumerate(zip(accumulators, layer.outcome_integers(network.length),
                                                             strict=True))]
            found["states"].append(states)
        return found


def _count(bits: Any) -> Value:
    return sum((Value.cast(bit)[0] for bit in bits), start=Const(0, 1))


def _bit(random: Sequence[Value], state: Value, states: int) -> Value:
    """``r < T[k]``"""
    number = Cat(*random) if random else Const(0, 1)
    return Array(number < comparator_threshold(k, states, len(random)) for k in range(states))[state][0]


def _named(m: Module, value: Value, name: str) -> Signal:
    signal = Signal.like(value, name=name)
    m.d.comb += signal.eq(value)
    return signal
