"""Faults of handshake and reset that show only under pauses, long stalls or a second reset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """A mutant that is always among those of `SHAPE`, and is killed.

    Attributes
    ----------
    name : str
    module, what : str
        The Verilog module and the fault in it, see `Fault`.
    """

    name: str
    module: str
    what: str


SHAPE = "ports"
NAMED = (
    Named("a layer takes what it has no space for", "spinsc_layer1.buffer", "input__ready: free stuck at 1"),
    Named("a class falls before it is taken", "spinsc_network.argmax", "output__ready of output__valid: always"),
    Named("a new image changes scores that wait", "spinsc_network.argmax",
          "input__ready: output__ready stuck at 1"),
    Named("sums are handed on to who takes none", "spinsc_layer1", "shift: output__ready stuck at 1"),
    Named("sums that wait are overwritten", "spinsc_layer0.sequencer", "\\$4: hold stuck at 0"),
    Named("a second reset leaves a class standing", "spinsc_network.argmax", "rst of output__valid: never"),
    Named("a second reset leaves off in the middle of an image", "spinsc_layer0.sequencer", "rst of word: never"),
    Named("a second reset leaves off in the middle of the neurons", "spinsc_network.activation0",
          "rst of index: never"),
)
