"""What a layer makes of its accumulators: the next layer's states, or classes. One small interface for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Value

from spinsc.hdl.packing import Bits
from spinsc.hdl.shapes import LayerShape


class OutcomeUnit(Protocol):
    """Component that takes a layer's accumulators, one neuron per cycle, from 0 to N-1 and again from 0.

    Attributes
    ----------
    input : stream of unsigned, bits of I*L
    output : stream
        States for the next layer; of the last layer a class and scores, see :class:`~spinsc.hdl.argmax.Argmax`.
    recorded : Value
        A testbench is to record a neuron in this cycle, which happens once for each.
    index, accumulator : Value
        Of that neuron.
    """

    input: Any
    output: Any
    recorded: Value
    index: Any
    accumulator: Value

    @property
    def traced(self) -> Mapping[str, Value]:
        """What else a testbench records of each neuron, by name."""

    def image(self, values: npt.NDArray[np.int64]) -> Bits:
        """Memory image of its integers, one row per neuron."""


class Outcome(Protocol):
    """Describes an `OutcomeUnit`; a frozen dataclass of what it depends on beside the layer's shape.

    Attributes
    ----------
    name : str
        Of the unit in the netlist.
    values : str
        What its memory holds, the end of the name of its memory image.
    """

    @property
    def name(self) -> str: ...

    @property
    def values(self) -> str: ...

    @property
    def output_states(self) -> int | None:
        """K of the states that it gives to a next layer; None if it gives classes, which only the last layer does."""

    def unit(self, layer: LayerShape, file: str) -> OutcomeUnit:
        """The component of a layer, whose memory image is ``file``."""

    def word_width(self, layer: LayerShape) -> int:
        """Bits of a word of its memory, which has one for each neuron."""
