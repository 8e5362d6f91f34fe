// Notes when a word that is valid has bits that nobody has set, or when nobody has set whether it is valid. Only
// simulators of four values can tell.
module spinsc_tb_known #(
    parameter FILE = "",
    parameter NAME = "",
    parameter int WIDTH = 1
) (
    input logic             clk,
    input logic             rst,
    input logic [     63:0] cycle,
    input logic             valid,
    input logic [WIDTH-1:0] data
);
  localparam int NOTES = 3;  // what follows is a consequence, mostly
  string folder;
  int    file;
  int    notes;

  initial if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";

  always @(posedge clk) begin
    if (!rst) begin
      if ((^valid === 1'bx || (valid && ^data === 1'bx)) && notes < NOTES) begin
        if (notes == 0) file = $fopen($sformatf("%s/%s", folder, FILE), "w");
        if (^valid === 1'bx) $fdisplay(file, "cycle %0d: whether %s is valid is unknown (%b)", cycle, NAME, valid);
        else $fdisplay(file, "cycle %0d: %s has unknown bits (%b)", cycle, NAME, data);
        $fflush(file);
        notes <= notes + 1;
      end
    end
  end
endmodule
