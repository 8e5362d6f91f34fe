// Notes when a result is not a frame of its own, and when the network calls an image too short or too long: the source
// sends none that is.
module spinsc_tb_framing #(
    parameter FILE = ""
) (
    input logic        clk,
    input logic        rst,
    input logic [63:0] cycle,
    input logic        tvalid,
    input logic        tlast,
    input logic [ 1:0] error
);
  string folder;
  int    file;
  bit    noted;

  initial if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";

  always @(posedge clk) begin
    if (!rst) begin
      if (!noted && (error !== 2'b00 || (tvalid && tlast !== 1'b1))) begin
        file = $fopen($sformatf("%s/%s", folder, FILE), "w");
        if (error !== 2'b00) $fdisplay(file, "cycle %0d: frame_error is %b though every image is a frame", cycle, error);
        else $fdisplay(file, "cycle %0d: a result without m_axis_tlast", cycle);
        $fflush(file);
        noted <= 1'b1;
      end
    end
  end
endmodule
