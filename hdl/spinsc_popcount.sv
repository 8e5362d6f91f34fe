// Number of ones in a vector. A module of its own so that tools see a vector and choose their own adder tree.
module spinsc_popcount #(
    parameter int WIDTH = 1,
    parameter int COUNT_WIDTH = 1
) (
    input  logic [WIDTH-1:0]       bits,
    output logic [COUNT_WIDTH-1:0] count
);
  assign count = COUNT_WIDTH'($countones(bits));
endmodule
