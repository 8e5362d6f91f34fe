// Read-only memory with its contents in a text file of hexadecimal words, one a line. The read is asynchronous;
// the reader registers it, so that synthesis may take block or distributed memory as it sees fit.
`ifndef SPINSC_MEM_DIR
`define SPINSC_MEM_DIR "mem/"
`endif
module spinsc_rom #(
    parameter int WIDTH = 1,
    parameter int DEPTH = 1,
    parameter int ADDRESS_WIDTH = 1,
    parameter     FILE = ""
) (
    input  logic [ADDRESS_WIDTH-1:0] address,
    output logic [WIDTH-1:0]         data
);
  logic [WIDTH-1:0] words[0:DEPTH-1];
  initial $readmemh({`SPINSC_MEM_DIR, FILE}, words);
  assign data = words[address];
endmodule
