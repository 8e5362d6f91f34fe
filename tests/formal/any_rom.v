// A ROM whose contents may be anything: a wire that nothing drives, to be connected from outside.
module spinsc_rom #(parameter WIDTH = 1, DEPTH = 1, ADDRESS_WIDTH = 1, FILE = "none") (
    input [ADDRESS_WIDTH-1:0] address, output [WIDTH-1:0] data);
  (* keep *) wire [WIDTH*DEPTH-1:0] contents;
  assign data = contents[address*WIDTH +: WIDTH];
endmodule
