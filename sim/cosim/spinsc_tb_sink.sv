// Takes the network's results and records cycle, class and scores: 64, 32 and 32 bits each, in the machine's byte
// order, which others can read after FLUSH cycles. Says when the last image has come, or none for too long.
module spinsc_tb_sink #(
    parameter FILE = "",
    parameter int CLASS_WIDTH = 8,
    parameter int CLASSES = 1,
    parameter int SCORE_WIDTH = 1,
    parameter int PATIENCE = 1,
    parameter int FLUSH = 1
) (
    input  logic                           clk,
    input  logic                           rst,
    input  logic [        CLASS_WIDTH-1:0] tdata,
    input  logic [CLASSES*SCORE_WIDTH-1:0] tuser,
    input  logic                           tvalid,
    output logic                           tready,
    output logic                           done
);
  string  folder;
  int     file;
  int     images;
  int     received;
  int     waited;
  longint cycle;
  longint flushed;
  bit     finished;

  initial begin
    if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";
    if ($value$plusargs("spinsc_images=%d", images) == 0) images = 1;
    file = $fopen($sformatf("%s/%s", folder, FILE), "wb");
  end

  assign tready = 1'b1;
  assign done   = finished;

  always @(posedge clk) begin
    if (!rst) begin
      cycle  <= cycle + 1;
      waited <= waited + 1;
      if (tvalid) begin
        $fwrite(file, "%u%u", cycle, 32'(tdata));
        for (int c = 0; c < CLASSES; c++) $fwrite(file, "%u", 32'($signed(tuser[c*SCORE_WIDTH+:SCORE_WIDTH])));
        received <= received + 1;
        waited   <= 0;
        if (received + 1 == images) finished <= 1'b1;
        // Who waits sees how far the run is, though not for every image of a small network.
        if (cycle - flushed >= FLUSH) begin
          $fflush(file);
          flushed <= cycle;
        end
      end else if (waited == PATIENCE) finished <= 1'b1;
    end
  end

  // Python reads the file as soon as the run is done.
  always @(posedge finished) $fflush(file);
endmodule
