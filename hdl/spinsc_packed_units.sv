// The parallel units of a layer whose weights lie in one memory, GROUP units' words in each of its words: few, deep
// blocks in place of a shallow one for each unit. While a chunk is computed, the words of the next are read, one after
// another, and pushed from the last units to the first; `load` takes them all at once. Chunks come in one order only,
// so there is no address. Between two loads, and before the first, there must be UNITS / GROUP + 3 cycles. The module
// of the neuron stands under its own name here; see spinsc_units.sv.
`ifndef SPINSC_MEM_DIR
`define SPINSC_MEM_DIR "mem/"
`endif
module spinsc_units #(
    parameter int UNITS = 1,
    parameter int GROUP = 1,
    parameter int LANES = 1,
    parameter int STATE_WIDTH = 1,
    parameter int DEPTH = 1,
    parameter int ADDRESS_WIDTH = 1,
    parameter int BITS_WIDTH = 1,
    parameter int PLANES_WIDTH = 1,
    parameter int SUM_WIDTH = 1,
    // Yosys elaborates a module with its defaults too, so the default must not be a file; nor does it take "".
    parameter     FILE = "none"
) (
    input  logic                     clk,
    input  logic                     rst,
    input  logic                     load,
    input  logic [ADDRESS_WIDTH-1:0] address,
    input  logic [   BITS_WIDTH-1:0] bits,
    input  logic [ PLANES_WIDTH-1:0] planes,
    input  logic                     partial,
    input  logic                     valid,
    input  logic                     first,
    input  logic                     last,
    input  logic                     shift,
    output logic [    SUM_WIDTH-1:0] held
);
  localparam int WIDTH = STATE_WIDTH * LANES;
  localparam int GROUPS = UNITS / GROUP;
  localparam int WORDS = DEPTH * GROUPS;
  localparam int WORD_WIDTH = WORDS > 1 ? $clog2(WORDS) : 1;
  localparam int LEFT_WIDTH = $clog2(GROUPS + 1);

  // As Vivado, Yosys and Synplify are told; Quartus takes a memory of this size to be blocks by itself.
  (* rom_style = "block", ram_style = "block", syn_romstyle = "EBR" *)
  logic [GROUP*WIDTH-1:0] words[0:WORDS-1];
  if (FILE != "none") begin : g_contents
    initial $readmemh({`SPINSC_MEM_DIR, FILE}, words);
  end
  logic [WORD_WIDTH-1:0] following;
  logic [LEFT_WIDTH-1:0] left;
  logic [GROUP*WIDTH-1:0] read, word;
  logic reading, pushing;
  always_ff @(posedge clk) begin
    read <= words[following];
    word <= read;
    reading <= left != 0;
    pushing <= reading;
    if (load) left <= LEFT_WIDTH'(GROUPS);
    else if (left != 0) left <= left - 1'b1;
    if (left != 0) following <= following == WORD_WIDTH'(WORDS - 1) ? '0 : following + 1'b1;
    if (rst) begin
      reading <= 1'b0;
      pushing <= 1'b0;
      left <= LEFT_WIDTH'(GROUPS);
      following <= '0;
    end
  end

  // From the last unit to the first, so that each finds its neighbours declared.
  for (genvar u = UNITS - 1; u >= 0; u--) begin : g_unit
    logic [WIDTH-1:0] states, pushed, waiting;
    logic [SUM_WIDTH-1:0] chain, result;
    if (u == UNITS - 1) begin : g_end
      assign chain = '0;
    end else begin : g_next
      assign chain = g_unit[u+1].result;
    end
    if (u + GROUP >= UNITS) begin : g_first
      assign pushed = word[(u%GROUP)*WIDTH+:WIDTH];
    end else begin : g_later
      assign pushed = g_unit[u+GROUP].waiting;
    end
    always_ff @(posedge clk) if (pushing) waiting <= pushed;
    // A register for each plane, so that a simulator has every plane in a variable of its own.
    for (genvar b = 0; b < STATE_WIDTH; b++) begin : g_plane
      logic [LANES-1:0] plane;
      always_ff @(posedge clk) if (load) plane <= waiting[b*LANES+:LANES];
      assign states[b*LANES+:LANES] = plane;
    end
    // The rest by name, as not every shape of neuron has all ports.
    spinsc_neuron neuron (.states, .chain, .held(result), .*);
  end
  assign held = g_unit[0].result;
endmodule
