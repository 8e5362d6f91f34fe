// Read-only memory with its contents in a text file of hexadecimal words, one a line. The read is asynchronous;
// the reader registers it, so that synthesis may take block or distributed memory as it sees fit.
`ifndef SPINSC_MEM_DIR
`define SPINSC_MEM_DIR "mem/"
`endif
module spinsc_rom #(
    parameter int WIDTH = 1,
    parameter int DEPTH = 1,
    parameter int ADDRESS_WIDTH = 1,
    // Yosys elaborates a module with its defaults too, so the default must not be a file; nor does it take "".
    parameter     FILE = "none"
) (
    input  logic [ADDRESS_WIDTH-1:0] address,
    output logic [WIDTH-1:0]         data
);
  logic [WIDTH-1:0] words[0:DEPTH-1];
  if (FILE != "none") begin : g_contents
    initial $readmemh({`SPINSC_MEM_DIR, FILE}, words);
  end
  assign data = words[address];
endmodule
