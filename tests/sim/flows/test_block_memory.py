"""Our model of ECP5's block memory: memories that Yosys maps to it do what their source does."""

import subprocess
from types import SimpleNamespace

import pytest

from spinsc.sim.flows.gates import OWN_CELLS, gate_sources
from spinsc.sim.flows.steps import run_yosys
from tests.tools import needs_icarus

SOURCE = """\
module source (
  input clk, input we, input re, input [{a}:0] wa, input [{a}:0] ra, input [{w}:0] d, output reg [{w}:0] q);
  (* ram_style = "block" *) reg [{w}:0] words[0:{depth}-1];
  initial $readmemh("contents.mem", words);
  always @(posedge clk) begin
    if (we) words[wa] <= d;
    if (re) q <= words[ra];
  end
endmodule
"""
BENCH = """\
module bench;
  reg clk = 0, we = 0, re = 1;
  reg [{a}:0] wa, ra;
  reg [{w}:0] d;
  wire [{w}:0] expected, got;
  integer n, wrong = 0;
  source one (.clk(clk), .we(we), .re(re), .wa(wa), .ra(ra), .d(d), .q(expected));
  mapped two (.clk(clk), .we(we), .re(re), .wa(wa), .ra(ra), .d(d), .q(got));
  initial begin
    for (n = 0; n < 4000; n = n + 1) begin
      // few addresses, so that what was written is read
      we = $random; re = n == 0 | $random; d = {{$random, $random}}; wa = $random & 15 | ($random & 1) << {a};
      ra = $random & 15 | ($random & 1) << {a};
      if (n % 3 == 0) ra = $random;
      #1 clk = 1;
      #1 clk = 0;
      if (n > 0 & got !== expected) wrong = wrong + 1;
    end
    $display("%0d wrong", wrong);
    $finish;
  end
endmodule
"""


@needs_icarus
@pytest.mark.parametrize(("width", "depth"), [(2, 8192), (9, 2048), (18, 1024), (36, 512)])
def test_every_width(tmp_path, width, depth):
    sizes = {"a": depth.bit_length() - 2, "w": width - 1, "depth": depth}
    words = [(n * n * 2654435761 >> 7) % (1 << width) for n in range(depth)]
    (tmp_path / "contents.mem").write_text("".join(f"{word:x}\n" for word in words))
    (tmp_path / "source.v").write_text(SOURCE.format(**sizes))
    (tmp_path / "bench.v").write_text(BENCH.format(**sizes))
    run_yosys(tmp_path, ["read_verilog -sv source.v", "synth_ecp5 -top source", "rename source mapped",
                         "write_verilog -noattr mapped.v"], lambda stage: None)
    assert "DP16KD" in (tmp_path / "mapped.v").read_text()

    sources = gate_sources(tmp_path, SimpleNamespace(top="mapped"), tmp_path / "mapped.v", lambda stage: None)
    assert OWN_CELLS in sources

    def wrong(sources):
        subprocess.run(["iverilog", "-g2012", "-o", "bench", "source.v", "bench.v", *map(str, sources)], cwd=tmp_path,
                       check=True)
        return subprocess.run(["vvp", "-n", "bench"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert wrong(sources) == "0 wrong\n"
    (tmp_path / "broken.v").write_text(OWN_CELLS.read_text().replace("(n/2)*20", "(n/4)*20"))
    assert not wrong([sources[0], tmp_path / "broken.v"]).startswith("0 ")
