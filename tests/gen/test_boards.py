"""Board tops: bit by bit through the serial line, from the clock pin to the class, and what is not taken."""

import re
import subprocess

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.boards.registry import BOARDS
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding
from spinsc.sim.cosim.directory import random_numbers
from spinsc.sim.cosim.shards import write_recordings
from tests.gen.keywords import SYSTEM_VERILOG, VERILOG_AMS
from tests.tools import needs_icarus

SEED, IMAGES, INPUTS = 6, 4, 11
KINDS = {"ulx3s": "lpf", "icebreaker": "pcf", "arty": "xdc"}

#: Clock manager and buffer of AMD's library, as far as a simulation of them matters here.
CELLS = """
module MMCME2_BASE #(parameter real CLKIN1_PERIOD = 0, CLKFBOUT_MULT_F = 0, CLKOUT0_DIVIDE_F = 0)
    (input CLKIN1, CLKFBIN, RST, PWRDWN, output CLKFBOUT, output reg CLKOUT0 = 0, output reg LOCKED = 0);
  assign CLKFBOUT = CLKIN1;
  initial #3000 LOCKED = 1;
  always #(CLKIN1_PERIOD * CLKOUT0_DIVIDE_F / CLKFBOUT_MULT_F / 2) CLKOUT0 = !CLKOUT0;
endmodule
module BUFG (input I, output O);
  assign O = I;
endmodule
"""

#: Sends the bytes of a file, bit by bit, and prints every byte that comes back. A byte from 256 on is a break, 512 a
#: press of the button.
BENCH = """
`timescale 1ns/1ps
module tb;
  parameter COUNT = 0, PRESSED = 1;
  parameter real PERIOD = 0;
  reg clk = 0, rx = 1, button = !PRESSED;
  wire tx;
  wire [LEDS-1:0] led;
  reg [15:0] bytes[0:COUNT-1];
  reg [7:0] received;
  integer n, b, r;
  always #(PERIOD / 2) clk = !clk;
  TOP top(.clk(clk), .button(button), .rx(rx), .tx(tx), .led(led) MORE);
  initial begin
    $readmemh("bytes.hex", bytes);
    #60000;
    for (n = 0; n < COUNT; n = n + 1)
      if (bytes[n] == 512) begin
        button = PRESSED;
        #5000 button = !PRESSED;
        #5000;
      end else if (bytes[n] >= 256) begin
        rx = 0;
        #15000 rx = 1;
        #5000;
      end else begin
        rx = 0;
        #1000;
        for (b = 0; b < 8; b = b + 1) begin
          rx = bytes[n][b];
          #1000;
        end
        rx = 1;
        #1000;
      end
    #300000 $display("led %b", led);
    $finish;
  end
  always @(negedge tx) if ($time > 1000) begin
    #500 if (tx !== 0) $display("glitch");
    for (r = 0; r < 8; r = r + 1) #1000 received[r] = tx;
    #1000 if (tx === 1) $display("class %0d", received);
    else $display("no stop bit");
  end
endmodule
"""


def network(**options):
    return random_network((INPUTS, 5, 4), input_states=3, weight_states=3, activation_states=3, length=6, seed=SEED,
                          **{"folding": [Folding(4, 3), Folding(3, 2)]} | options)


def simulate(directory, board, values, *, more="", modules="", sources=(), arguments=()):
    """Lines that the bench prints."""
    described = BOARDS[board]
    leds = len(described.leds.split())
    (directory / "tb.v").write_text(
        BENCH.replace("TOP", f"spinsc_{board}").replace("LEDS", str(leds)).replace("MORE", more) + modules)
    (directory / "bytes.hex").write_text("".join(f"{value:x}\n" for value in values))
    subprocess.run(["iverilog", "-g2012", "-s", "tb", f"-Ptb.COUNT={len(values)}",
                    f"-Ptb.PERIOD={1000 / described.pin_mhz:f}", f"-Ptb.PRESSED={described.levels.pressed}", "-o", "tb",
                    "-f", "board/files.f", *sources, "tb.v"],
                   cwd=directory, check=True)
    done = subprocess.run(["vvp", "-n", "tb", *arguments], cwd=directory, check=True, capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if not line.startswith(("tb.v", "$finish"))]


def pixels(seed=SEED):
    return np.random.default_rng(seed).integers(0, 256, (IMAGES, INPUTS), dtype=np.uint8)


@needs_icarus
@pytest.mark.parametrize("board", KINDS)
def test_classes_come_back(tmp_path, board):
    """Also after a break and after the button, each in the middle of an image."""
    manifest = emit(network(), tmp_path / "hw", source="lfsr", board=board)
    assert manifest.board == board
    images = pixels()
    classes = evaluate(network(), images, random_numbers(manifest, network(), tmp_path / "hw")).classes.tolist()
    assert len(set(classes)) > 1
    whole = images.reshape(-1).tolist()
    lines = simulate(tmp_path / "hw", board, [*whole, *whole[:7], 256, *whole[:2 * INPUTS], *whole[:3], 512, *whole],
                     modules=CELLS if board == "arty" else "")
    *printed, led = lines
    assert printed == [f"class {number}" for number in [*classes, *classes[:2], *classes]]
    shown = classes[-1] & (1 << len(BOARDS[board].leds.split()) - 1) - 1
    lit = shown if BOARDS[board].levels.leds else ~shown & (1 << len(BOARDS[board].leds.split())) - 1
    assert int(led.split()[1], 2) == lit


@needs_icarus
def test_a_lost_byte_is_shown(tmp_path):
    """A network that is slower than the line: bytes are lost, which the last LED says until the next break."""
    slow = network(folding=[Folding(1, 1, 1), Folding(1, 1, 1)]).with_length(60)
    emit(slow, tmp_path / "hw", source="lfsr", board="ulx3s")
    values = pixels().reshape(-1).tolist()
    assert simulate(tmp_path / "hw", "ulx3s", values)[-1].startswith("led 1")
    assert simulate(tmp_path / "hw", "ulx3s", [*values, 256])[-1] == "led 00000000"


@needs_icarus
def test_junctions_on_the_header(tmp_path):
    """Connected to their arrays, which replay a recording by the clock that the header has."""
    described = network()
    manifest = emit(described, tmp_path / "hw", board="ulx3s")
    images = pixels()
    streams = random_numbers(manifest, described, tmp_path / "hw", period=2)
    classes = evaluate(described, images, streams).classes.tolist()
    write_recordings(streams, described, tmp_path / "hw", 0, IMAGES)
    wires, more = "wire junction_clk;\n", ", .high(), .junction_clk(junction_clk)"
    for number, layer in enumerate(manifest.layers):
        given = {port.name: port.width for port in manifest.ports if port.name.startswith(f"random{number}_")}
        wires += "".join(f"wire [{width - 1}:0] {name};\n" for name, width in given.items())
        sides = ", ".join(f"random{number}_{side}" for side in ("weight", "activation"))
        wires += (f"spinsc_smtj_array #(.DEVICES({layer.devices.count}), .STEPS({layer.compute_steps}), "
                  f".LAYER({number})) array{number}(.clk(junction_clk), .rst(top.rst), "
                  f".step(random{number}_step), .partial(1'b0), .random({{{sides}}}));\n")
        more += "".join(f", .{name}({name})" for name in given)
    lines = simulate(tmp_path / "hw", "ulx3s", images.reshape(-1).tolist(), more=more + ");\n" + wires + "// (",
                     sources=["sim/spinsc_smtj_array.sv"], arguments=[f"+spinsc_recording={tmp_path / 'hw'}"])
    assert lines[:-1] == [f"class {number}" for number in classes]


@pytest.mark.parametrize("board", KINDS)
def test_every_port_has_a_pin_of_its_own(tmp_path, board):
    """And a pin no two ports; the clock has its frequency."""
    emit(network(), tmp_path / "hw", board=board)
    folder = tmp_path / "hw" / "board"
    assert {path.name for path in folder.iterdir()} == {f"spinsc_{board}.v", f"{board}.{KINDS[board]}", "files.f"}
    text = (folder / f"spinsc_{board}.v").read_text()
    body = re.search(rf"^module spinsc_{board}\(.*?^endmodule", text, re.S | re.M)[0]
    ports = [name if high is None else f"{name}[{bit}]"
             for high, name in re.findall(r"^  (?:input|output) (?:\[(\d+):0\] )?(\w+);", body, re.M)
             for high in [high or None] for bit in range(int(high or 0) + 1)]
    assert {"clk", "rx", "tx", "random0_weight[0]", "random1_step"} <= set(ports)
    constraints = (folder / f"{board}.{KINDS[board]}").read_text()
    patterns = {"lpf": r'LOCATE COMP "(\S+)" SITE "(\w+)";', "pcf": r"set_io (?:-pullup yes )?(\S+) (\w+)",
                "xdc": r"PACKAGE_PIN (\w+) .*get_ports { (\S+) }"}
    found = re.findall(patterns[KINDS[board]], constraints)
    pins = dict(found if KINDS[board] == "xdc" else [(pin, port) for port, pin in found])
    assert sorted(pins.values()) == sorted(ports)
    assert len(pins) == len(found)
    frequency = {"lpf": 'FREQUENCY PORT "clk" 25 MHZ;', "pcf": "set_frequency clk 12",
                 "xdc": "create_clock -name clk -period 10 [get_ports { clk }]"}
    assert constraints.endswith(frequency[KINDS[board]] + "\n")
    for name in (folder / "files.f").read_text().splitlines():
        assert (tmp_path / "hw" / name).is_file()
    assert not set(re.findall(r"\w+", "".join(ports))) & (SYSTEM_VERILOG | VERILOG_AMS)


def test_pins_of_a_board_are_different():
    for board in BOARDS.values():
        pins = [board.clk.site, board.button.site, board.rx.site, board.tx.site, *board.leds.split(),
                *board.header.split(), *([board.high.site] if board.high else [])]
        assert len(pins) == len(set(pins)), board.name


def test_names_with_a_prefix(tmp_path):
    emit(network(), tmp_path / "hw", source="lfsr", board="icebreaker", prefix="digits")
    folder = tmp_path / "hw" / "board"
    assert {path.name for path in folder.iterdir()} == {"digits_icebreaker.v", "icebreaker.pcf", "files.f"}
    assert "spinsc" not in (folder / "digits_icebreaker.v").read_text() + (folder / "files.f").read_text()


@pytest.mark.parametrize("board", ["ulx3s", "icebreaker"])
def test_lint_says_nothing(tmp_path, board, lint):
    emit(network(), tmp_path / "hw", board=board)
    files = (tmp_path / "hw" / "board" / "files.f").read_text().split()
    assert lint(tmp_path / "hw", "--top-module", f"spinsc_{board}", *files) == ""


@pytest.mark.parametrize(("options", "message"), [
    ({"board": "arti"}, r"unknown board 'arti' \(did you mean arty\?\); choose ulx3s, icebreaker or arty"),
    ({"board": "arty", "tlast": True}, "--tlast and --board arty exclude each other: a serial line has no frames"),
    ({"board": "icebreaker", "lanes": 9},
     "the junctions of this network need 33 pins, and --board icebreaker has 24 on its header; give --rng lfsr, or "
     "fewer junctions: smaller --lanes, or --plan groups=G"),
    ({"board": "ulx3s", "classes": 300, "source": "lfsr"}, "--board ulx3s sends a class as one byte, so a network may "
     "have 256 classes, not 300")])
def test_unfit_networks(tmp_path, options, message):
    lanes, classes = options.pop("lanes", 4), options.pop("classes", 4)
    described = random_network((INPUTS, 5, classes), input_states=3, weight_states=3, activation_states=3, length=6,
                               seed=SEED, folding=[Folding(lanes, 3), Folding(5, 2)])
    with pytest.raises(InputError, match=message):
        emit(described, tmp_path / "hw", **options)
    assert list(tmp_path.iterdir()) == []
