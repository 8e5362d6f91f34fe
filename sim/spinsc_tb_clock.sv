// Clock and reset, made here so that no Python wakes on a clock edge.
module spinsc_tb_clock (
    output logic clk,
    output logic rst
);
  timeunit 1ns; timeprecision 1ps;
  initial begin
    rst = 1'b1;
    #22 rst = 1'b0;
  end
  initial begin
    clk = 1'b0;
    forever #5 clk = !clk;
  end
endmodule
