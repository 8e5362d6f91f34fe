"""All boards by name; another package adds one by an entry point of the group ``spinsc.boards``."""

from spinsc.gen.boards.board import Board
from spinsc.registry import Registry

BOARDS: Registry[Board] = Registry("board", "spinsc.boards", {
    "ulx3s": "spinsc.gen.boards.ulx3s:ULX3S", "icebreaker": "spinsc.gen.boards.icebreaker:ICEBREAKER",
    "arty": "spinsc.gen.boards.arty:ARTY"})
