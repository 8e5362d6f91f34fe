"""No name in what is emitted is a keyword, of the languages that read Verilog or instantiate it."""

import re
import subprocess

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from tests.coins import replay_of_coins
from tests.gen.keywords import SYSTEM_VERILOG, VERILOG, VERILOG_AMS, VHDL, words
from tests.tools import needs_icarus

#: Keywords that are in the text because of what they mean.
MEANT = words("""
    always always_ff assign automatic begin bit case casez default else end endcase endfunction endmodule for function
    genvar if initial input int localparam logic longint module or output parameter posedge reg signed string void wire
    """)


def names(text):
    """Words of a text, not those in strings, comments, directives or numbers; and those that are escaped."""
    text = re.sub(r'//.*|"(?:\\.|[^"\\\n])*"|/\*(?s:.*?)\*/|\(\*.*?\*\)', " ", text)
    escaped = set(re.findall(r"\\(\S+)", text))
    text = re.sub(r"\\\S+|`(?:ifn?def )?\w+|\$\w+|\b\d*'s?[bdh][0-9a-fxz_]+", " ", text)
    return set(re.findall(r"[A-Za-z_][\w$]*", text)), escaped


def network():
    """With all that a layer may have: tuned and shared devices, two and many states, one with unrolling."""
    return random_network((13, 9, 7, 4), input_states=5, weight_states=11, activation_states=2, length=9, seed=1,
                          folding=[Folding(5, 3, 4), Folding(4, 2), Folding(7, 4, 3)])


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """Folder and manifest of each random source; with all registers, packed memories, tlast, and a board."""
    root = tmp_path_factory.mktemp("emitted")
    folded = network()
    plain = folded.with_folding(unroll=1)
    return {name: (root / name, emit(described, root / name, source=source, tlast=tlast,
                                     pipeline=name == "delayed", pack_memories=name == "lfsr",
                                     board="arty" if name == "lfsr" else None))
            for name, described, source, tlast in (
                ("ports", folded, "ports", True), ("lfsr", folded, "lfsr", False),
                ("replay", folded, replay_of_coins(folded, np.random.default_rng(1)), False),
                ("delayed", plain.with_plan("groups=2,delay=3,weight.source=tuned"), "ports", False),
                ("one step a cycle", plain, "lfsr", True))}


NAMES = ("ports", "lfsr", "replay", "delayed", "one step a cycle")


def test_the_reader_of_names():
    text = '''module \\a.b (input clk); // units
  (* keep = "wreal" *) wire [3:0] x = 4'hf; /* flow
  table */ `ifdef abs
  initial $display("units \\" max"); \\release .units(x); endmodule'''
    words, escaped = names(text)
    assert words == {"module", "input", "clk", "wire", "x", "initial", "units", "endmodule"}
    assert escaped == {"a.b", "release"}


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_a_keyword(emitted, name):
    directory, manifest = emitted[name]
    keywords = SYSTEM_VERILOG | VERILOG_AMS
    assert keywords >= VERILOG | MEANT
    sources = sorted(path for path in directory.rglob("*") if path.suffix in (".v", ".sv"))
    assert len(sources) > 9
    for path in sources:
        words, escaped = names(path.read_text())
        assert words & keywords <= MEANT, path.name
        assert not escaped & keywords, path.name
    # what a design in another language names: modules, and the ports of the top
    assert not {port.name.lower() for port in manifest.ports} & VHDL
    modules = {match for path in sources for match in re.findall(r"^module (\w+)", path.read_text(), re.MULTILINE)}
    assert manifest.top in modules
    assert not {module.lower() for module in modules} & (VHDL | keywords)


@needs_icarus
@pytest.mark.parametrize("name", NAMES)
def test_read_as_verilog_ams(emitted, name):
    directory, _ = emitted[name]
    done = subprocess.run(["iverilog", "-g2012", "-gverilog-ams", "-t", "null", *sorted((directory / "rtl").iterdir())],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
