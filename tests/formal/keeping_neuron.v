// A neuron that keeps its weights of the moment in place of a sum, and hands them on.
module spinsc_keeping #(parameter WIDTH = 4) (
    input clk, input rst, input [WIDTH-1:0] states, input [WIDTH-1:0] chain, input bits, input planes, input partial,
    input valid, input first, input last, input shift, output reg [WIDTH-1:0] held);
  always @(posedge clk) if (last) held <= states; else if (shift) held <= chain;
endmodule
