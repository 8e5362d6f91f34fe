"""Digilent Arty A7. Pins: ``Arty-A7-35-Master.xdc`` of Digilent/digilent-xdc, the same for the A7-100."""

from spinsc.gen.boards.board import Board
from spinsc.gen.boards.constraints import Pin
from spinsc.hdl.board_top import Levels

#: PMOD JA to JD, each pins 1 to 4 and 7 to 10.
HEADER = """
    G13 B11 A11 D12 D13 B18 A18 K16
    E15 E16 D15 C15 J17 J18 K15 J15
    U12 V12 V10 V11 U14 V14 T13 U13
    D4 D3 F4 F3 E2 D2 H2 G2
    """

ARTY = Board(
    "arty", constraints="xdc", pin_mhz=100, clk=Pin("E3"), button=Pin("D9"), rx=Pin("A9", "up"),
    tx=Pin("D10"), leds="H5 J5 T9 T10", header=HEADER, levels=Levels(leds=1, pressed=1), clock=(8, 32))
