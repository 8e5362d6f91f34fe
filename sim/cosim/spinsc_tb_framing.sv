// Notes when a result is not a frame of its own, when the network calls a frame too short or too long and none was, and
// when it gives a result after one that was and has not said so.
module spinsc_tb_framing #(
    parameter FILE = ""
) (
    input logic        clk,
    input logic        rst,
    input logic [63:0] cycle,
    input logic        tvalid,
    input logic        tlast,
    input logic [ 1:0] error,
    input logic [ 1:0] wrong  // what it should be, or be soon
);
  string folder;
  int    file;
  bit    noted;

  initial if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";

  always @(posedge clk) begin
    if (!rst) begin
      if (!noted && ((error & ~wrong) !== 2'b00 || (tvalid && {tlast, error} !== {1'b1, wrong}))) begin
        file = $fopen($sformatf("%s/%s", folder, FILE), "w");
        if (error !== wrong) $fdisplay(file, "cycle %0d: frame_error is %b, not %b", cycle, error, wrong);
        else $fdisplay(file, "cycle %0d: a result without m_axis_tlast", cycle);
        $fflush(file);
        noted <= 1'b1;
      end
    end
  end
endmodule
