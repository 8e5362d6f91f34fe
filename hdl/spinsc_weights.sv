// Weights of one neuron unit: a memory of chunks, each the states of LANES weights in PLANES bit planes, and the
// register that holds the present chunk. Its contents are a text file of hexadecimal words, one a line.
`ifndef SPINSC_MEM_DIR
`define SPINSC_MEM_DIR "mem/"
`endif
module spinsc_weights #(
    parameter int LANES = 1,
    parameter int PLANES = 1,
    parameter int DEPTH = 1,
    parameter int ADDRESS_WIDTH = 1,
    // Yosys elaborates a module with its defaults too, so the default must not be a file; nor does it take "".
    parameter     FILE = "none"
) (
    input  logic                     clk,
    input  logic                     load,
    input  logic [ADDRESS_WIDTH-1:0] address,
    output logic [ PLANES*LANES-1:0] states
);
  logic [PLANES*LANES-1:0] words[0:DEPTH-1];
  if (FILE != "none") begin : g_contents
    initial $readmemh({`SPINSC_MEM_DIR, FILE}, words);
  end
  // A register for each plane, so that a simulator has every plane in a variable of its own.
  for (genvar b = 0; b < PLANES; b++) begin : g_plane
    logic [LANES-1:0] plane;
    always_ff @(posedge clk) if (load) plane <= words[address][b*LANES+:LANES];
    assign states[b*LANES+:LANES] = plane;
  end
endmodule
