// Clock and reset, made here or by the simulator's main program, so that no Python wakes on a clock edge. Verilator's
// scheduler of delays takes a third of the time of a simulation of 100 neurons, hence the input. The reset is a register
// like any other: driven from a process of its own, it would make a simulator evaluate all that depends on it twice.
module spinsc_tb_clock (
    input  logic        given,
    input  logic        reset,    // the next cycle is one of reset
    output logic        clk,
    output logic        rst,
    output logic        started,  // the next cycle is number 0 or a later one
    output logic [63:0] cycle     // 0 is the first one after the reset at the start
);
  timeunit 1ns; timeprecision 1ps;
  int edges;
  initial begin
    rst   = 1'b1;
    cycle = 64'd0;
  end
`ifdef SPINSC_TB_CLOCK
  assign clk = given;
`else
  initial begin
    clk = 1'b0;
    forever #5 clk = !clk;
  end
`endif
  assign started = edges >= 2;
  always @(posedge clk) begin
    if (edges == 3) cycle <= cycle + 1;
    else edges <= edges + 1;
    rst <= !started || reset;
  end
endmodule
