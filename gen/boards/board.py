"""What a board is, and the folder ``board`` of a network that was emitted for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from spinsc.errors import InputError
from spinsc.gen.boards.constraints import Pin, lpf, pcf, xdc
from spinsc.gen.manifest import TOP
from spinsc.hdl.board_top import BoardTop, Levels
from spinsc.hdl.network import NetworkHardware
from spinsc.hdl.verilog import verilog_text
from spinsc.hdl.xilinx_clock import XilinxClock

#: Bits per second of the serial line, which all the boards' USB bridges can do.
BAUD = 1_000_000
#: Folder of the top, its constraints and the list of sources.
FOLDER, FILELIST = "board", "files.f"
#: Writers of constraints by the ends of their files' names.
CONSTRAINTS: dict[str, Callable[[Mapping[str, Pin], str, float], str]] = {"lpf": lpf, "pcf": pcf, "xdc": xdc}


@dataclass(frozen=True)
class Board:
    """A board.

    Attributes
    ----------
    name : str
        As ``--board`` takes it.
    constraints : str
        Kind of its constraint file, one of `CONSTRAINTS`.
    pin_mhz : float
        Clock at its pin.
    clk, button, rx, tx : Pin
        Of the clock, of the reset button, and of the serial line into the FPGA and out of it.
    leds, header : str
        Pins of LEDs, the last for errors, and those of the header for junctions, in their order, blanks between.
    levels : Levels
    high : Pin, optional
        That other parts of the board need to be 1.
    clock : tuple of int, optional
        What the clock of the pin is multiplied and divided by, where it is too fast for a network.
    """

    name: str
    constraints: str
    pin_mhz: float
    clk: Pin
    button: Pin
    rx: Pin
    tx: Pin
    leds: str
    header: str
    levels: Levels
    high: Pin | None = None
    clock: tuple[int, int] | None = None

    @property
    def clock_mhz(self) -> float:
        """Clock of the network."""
        return self.pin_mhz if self.clock is None else self.pin_mhz * self.clock[0] / self.clock[1]

    def top(self, network: NetworkHardware) -> BoardTop:
        """The component that the board's top module is made from.

        Raises
        ------
        InputError
            If the board cannot have this network.
        """
        if network.framed:
            raise InputError(f"--tlast and --board {self.name} exclude each other: a serial line has no frames")
        classes = network.layers[-1].shape.neurons
        if classes > 256:
            raise InputError(f"--board {self.name} sends a class as one byte, so a network may have 256 classes, not "
                             f"{classes}")
        clock = None if self.clock is None else XilinxClock(1000 / self.pin_mhz, *self.clock)
        top = BoardTop(network, TOP, round(self.clock_mhz * 1e6 / BAUD), len(self.leds.split()), self.levels, clock,
                       self.high is not None)
        needed, there = len(self._junction_ports(top)), len(self.header.split())
        if needed > there:
            raise InputError(f"the junctions of this network need {needed} pins, and --board {self.name} has "
                             f"{there} on its header; give --rng lfsr, or fewer junctions: smaller --lanes, or "
                             "--plan groups=G")
        return top

    def write(self, root: Path, top: BoardTop) -> None:
        """Add the board's files to an emitted folder."""
        folder, module = root / FOLDER, f"spinsc_{self.name}"
        folder.mkdir()
        (folder / f"{module}.v").write_text(verilog_text(top, module))
        pins = {"clk": self.clk, "button": self.button, "rx": self.rx, "tx": self.tx}
        if self.high is not None:
            pins["high"] = self.high
        pins |= zip(_bits("led", len(top.led)), map(Pin, self.leds.split()), strict=True)
        pins |= zip(self._junction_ports(top), map(Pin, self.header.split()), strict=False)
        (folder / f"{self.name}.{self.constraints}").write_text(
            CONSTRAINTS[self.constraints](pins, "clk", self.pin_mhz))
        sources = [*sorted(path.name for path in (root / "rtl").glob("*.sv")),
                   *sorted(path.name for path in (root / "rtl").glob("*.v"))]
        (folder / FILELIST).write_text("".join(f"rtl/{name}\n" for name in sources) + f"{FOLDER}/{module}.v\n")

    def _junction_ports(self, top: BoardTop) -> list[str]:
        """Ports for the header, a bit each: the clock, then those of the network."""
        names = ["junction_clk", *top.junctions] if top.junctions else []
        return [port for name in names for port in _bits(name, len(getattr(top, name)))]


def _bits(name: str, width: int) -> list[str]:
    """Names of a port's bits."""
    return [name] if width == 1 else [f"{name}[{bit}]" for bit in range(width)]
