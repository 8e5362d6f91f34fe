"""1BitSquared iCEBreaker. Pins: ``icebreaker/icebreaker.pcf`` of icebreaker-fpga/icebreaker-verilog-examples."""

from spinsc.gen.boards.board import Board
from spinsc.gen.boards.constraints import Pin
from spinsc.hdl.board_top import Levels

#: PMOD 1A, PMOD 1B, then PMOD 2, each pins 1 to 4 and 7 to 10.
HEADER = """
    4 2 47 45 3 48 46 44
    43 38 34 31 42 36 32 28
    27 25 21 19 26 23 20 18
    """

ICEBREAKER = Board(
    "icebreaker", constraints="pcf", pin_mhz=12, clk=Pin("35"), button=Pin("10", "up"),
    rx=Pin("6", "up"), tx=Pin("9"), leds="37 11", header=HEADER, levels=Levels(leds=0, pressed=0))
