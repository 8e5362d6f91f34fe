"""Radiona ULX3S, version 2.0 or newer. Pins: ``constraints/ulx3s_v20.lpf`` of emard/ulx3s-misc."""

from spinsc.gen.boards.board import Board
from spinsc.gen.boards.constraints import Pin
from spinsc.hdl.board_top import Levels

#: GP0, GN0, GP1, GN1 and so on to GN27, from the two headers.
HEADER = """
    B11 C11 A10 A11 A9 B10 B9 C10 A7 A8 C8 B8 C6 C7 A6 B6 A4 A5 A2 B1 C4 B4 F4 E3 G3 F3 H4 G5
    U18 U17 N17 P16 N16 M17 L16 L17 H18 H17 F17 G18 D18 E17 C18 D17 B15 C15 B17 C17 C16 D16 D14 E14 B13 C13 D13 E13
    """

ULX3S = Board(
    "ulx3s", constraints="lpf", pin_mhz=25, clk=Pin("G2"), button=Pin("R1", "down"),
    rx=Pin("M1", "up"), tx=Pin("L4"), leds="B2 C2 C1 D2 D1 E2 E1 H3", header=HEADER, levels=Levels(leds=1, pressed=1),
    high=Pin("L2"))  # or else the ESP32 on the board may take it over
