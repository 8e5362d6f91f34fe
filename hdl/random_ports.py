"""Random numbers that come in at ports, and the interface of everything that a network can take them from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from amaranth.hdl import Cat, Module, Value
from amaranth.lib.wiring import In, Member, Out

from spinsc.hdl.shapes import LayerShape


class RandomHardware(Protocol):
    """Where the layers of a network take their random numbers from."""

    def members(self, number: int, shape: LayerShape) -> Mapping[str, Member]:
        """Ports of the network that layer ``number`` needs for them."""

    def connect(self, m: Module, network: Any, number: int, shapes: Sequence[LayerShape], layer: Any) -> None:
        """Connect the random numbers of a layer.

        Parameters
        ----------
        m : Module
            Of the network, to which submodules are added.
        network : component
            Has the ports of :meth:`members`.
        number : int
            Of the layer.
        shapes : sequence of LayerShape
            Of all layers.
        layer : interface
            Of a :class:`~spinsc.hdl.layer.LayerHardware`: takes ``random_activation`` and ``random_weight`` where
            there are any, gives ``step``, ``last_step`` and perhaps ``partial``.
        """


def device_order(unroll: int, *sides: Value) -> Value:
    """Random numbers of both sides, each B parts after one another, as B samples of all devices of the layer."""
    widths = [len(side) // unroll for side in sides]
    return Cat(*(side[b * width:(b + 1) * width]
                 for b in range(unroll) for side, width in zip(sides, widths, strict=True)))


class RandomPorts:
    """Every layer has ports of its own.

    Members of the network
    ----------------------
    random{l}_activation : In(B*m_a*G_a), random{l}_weight : In(B*m_w*G_w), only if m > 0
        Bit b of group g of layer l's random numbers is bit b*G + g of the part of its time step.
    random{l}_step : Out(1), random{l}_last : Out(1)
        The numbers are used in this cycle, the next are due in the next; it is the last cycle of an image.
    random{l}_partial : Out(1), only if B does not divide L
        Only the first L mod B of the numbers are used; the others are due again.
    """

    def members(self, number: int, shape: LayerShape) -> Mapping[str, Member]:
        """See `RandomHardware`."""
        members = {f"random{number}_{name}": In(shape.unroll * side.random_width(shape.lanes))
                   for name, side in shape.random_sides.items()}
        members |= {f"random{number}_step": Out(1), f"random{number}_last": Out(1)}
        return members | ({f"random{number}_partial": Out(1)} if shape.rest < shape.unroll else {})

    def connect(self, m: Module, network: Any, number: int, shapes: Sequence[LayerShape], layer: Any) -> None:
        """See `RandomHardware`."""
        for name in shapes[number].random_sides:
            m.d.comb += getattr(layer, f"random_{name}").eq(getattr(network, f"random{number}_{name}"))
        m.d.comb += [getattr(network, f"random{number}_step").eq(layer.step),
                     getattr(network, f"random{number}_last").eq(layer.last_step)]
        if shapes[number].rest < shapes[number].unroll:
            m.d.comb += getattr(network, f"random{number}_partial").eq(layer.partial)
