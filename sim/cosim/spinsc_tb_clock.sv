// Clock and reset, made here so that no Python wakes on a clock edge. The reset is a register like any other: driven
// from a process of its own, it would make a simulator evaluate all that depends on it a second time.
module spinsc_tb_clock (
    output logic clk,
    output logic rst
);
  timeunit 1ns; timeprecision 1ps;
  int edges;
  initial rst = 1'b1;
  initial begin
    clk = 1'b0;
    forever #5 clk = !clk;
  end
  always @(posedge clk) begin
    edges <= edges + 1;
    rst   <= edges < 2;
  end
endmodule
