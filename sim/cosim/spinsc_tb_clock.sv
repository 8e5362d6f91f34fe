// Clock and reset, made here or by the simulator's main program, so that no Python wakes on a clock edge. Verilator's
// scheduler of delays takes a third of the time of a simulation of 100 neurons, hence the input. The reset is a register
// like any other: driven from a process of its own, it would make a simulator evaluate all that depends on it twice.
module spinsc_tb_clock (
    input  logic given,
    output logic clk,
    output logic rst
);
  timeunit 1ns; timeprecision 1ps;
  int edges;
  initial rst = 1'b1;
`ifdef SPINSC_TB_CLOCK
  assign clk = given;
`else
  initial begin
    clk = 1'b0;
    forever #5 clk = !clk;
  end
`endif
  always @(posedge clk) begin
    edges <= edges + 1;
    rst   <= edges < 2;
  end
endmodule
