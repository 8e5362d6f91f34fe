// Records what is on some wires in every cycle of a schedule, in words of 32 bits in the machine's byte order, the lowest
// bits first.
module spinsc_tb_cycles #(
    parameter FILE = "",
    parameter int WIDTH = 32
) (
    input logic             clk,
    input logic             running,
    input logic             done,
    input logic [WIDTH-1:0] data
);
  string folder;
  int    file;

  initial if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";

  always @(posedge clk) begin
    if (running) begin
      if (file == 0) file = $fopen($sformatf("%s/%s", folder, FILE), "wb");
      $fwrite(file, "%u", data);
    end
  end

  // Python reads the file as soon as the run is done.
  always @(posedge done) if (file != 0) $fflush(file);
endmodule
