// The parallel units of a layer: each a weight memory and a neuron, and the chain that hands their results out.
// Unit u's memory image is STEM, an underscore, u in DIGITS decimal digits, and ".mem". The module of the neuron stands
// under its own name here; each shape of neuron gets a copy of this file in which both modules are named after it.
module spinsc_units #(
    parameter int UNITS = 1,
    parameter int LANES = 1,
    parameter int STATE_WIDTH = 1,
    parameter int DEPTH = 1,
    parameter int ADDRESS_WIDTH = 1,
    parameter int BITS_WIDTH = 1,
    parameter int PLANES_WIDTH = 1,
    parameter int SUM_WIDTH = 1,
    parameter int DIGITS = 1,
    // Yosys elaborates a module with its defaults too, so the default must not begin a file's name.
    parameter     STEM = "none"
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
  function automatic logic [8*DIGITS-1:0] decimal(int number);
    for (int d = 0; d < DIGITS; d++) begin
      decimal[8*d+:8] = 8'(48 + number % 10);
      number = number / 10;
    end
  endfunction

  // From the last unit to the first, so that each finds its neighbour declared.
  for (genvar u = UNITS - 1; u >= 0; u--) begin : g_unit
    logic [STATE_WIDTH*LANES-1:0] states;
    logic [SUM_WIDTH-1:0] chain, result;
    if (u == UNITS - 1) begin : g_end
      assign chain = '0;
    end else begin : g_next
      assign chain = g_unit[u+1].result;
    end
    spinsc_weights #(
        .LANES(LANES), .PLANES(STATE_WIDTH), .DEPTH(DEPTH), .ADDRESS_WIDTH(ADDRESS_WIDTH),
        .FILE(STEM == "none" ? "none" : {STEM, "_", decimal(u), ".mem"})
    ) weights (.clk, .load, .address, .states);
    // The rest by name, as not every shape of neuron has all ports.
    spinsc_neuron neuron (.states, .chain, .held(result), .*);
  end
  assign held = g_unit[0].result;
endmodule
