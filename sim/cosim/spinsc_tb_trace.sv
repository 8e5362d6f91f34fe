// Records every result of a layer: index, state and accumulator, 32 bits each, in the machine's byte order.
module spinsc_tb_trace #(
    parameter FILE = "",
    parameter int INDEX_WIDTH = 1,
    parameter int STATE_WIDTH = 1,
    parameter int ACCUMULATOR_WIDTH = 1
) (
    input logic                         clk,
    input logic                         rst,
    input logic                         done,
    input logic                         valid,
    input logic [      INDEX_WIDTH-1:0] index,
    input logic [      STATE_WIDTH-1:0] state,
    input logic [ACCUMULATOR_WIDTH-1:0] accumulator
);
  string folder;
  int    file;

  initial begin
    if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";
    file = $fopen($sformatf("%s/%s", folder, FILE), "wb");
  end

  always @(posedge clk) if (valid && !rst) $fwrite(file, "%u", {32'(accumulator), 32'(state), 32'(index)});

  // Python reads the file as soon as the run is done.
  always @(posedge done) $fflush(file);
endmodule
