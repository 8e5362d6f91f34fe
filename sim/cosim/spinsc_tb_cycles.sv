// Records what is on some wires in the cycles of a schedule: a word of 32 bits with the cycle's number and words with what
// is on the wires from there on, the lowest bits first, in the machine's byte order, whenever it changes, and at the end.
module spinsc_tb_cycles #(
    parameter FILE = "",
    parameter int WIDTH = 32
) (
    input logic             clk,
    input logic [     63:0] cycle,
    input logic             running,
    input logic             done,
    input logic [WIDTH-1:0] data
);
  string            folder;
  int               file;
  bit               begun;
  logic [WIDTH-1:0] known;

  initial if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";

  always @(posedge clk) begin
    if (running ? !begun || data !== known : begun) begin
      if (file == 0) file = $fopen($sformatf("%s/%s", folder, FILE), "wb");
      $fwrite(file, "%u", {data, cycle[31:0]});
      known <= data;
      begun <= running;
    end
  end

  // Python reads the file as soon as the run is done.
  always @(posedge done) if (file != 0) $fflush(file);
endmodule
