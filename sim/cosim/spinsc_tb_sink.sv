// Takes the network's results and records cycle, class and scores: 64, 32 and 32 bits each, in the machine's byte
// order, which others can read after FLUSH cycles. Says when the last image has come, or none for too long; under
// stress, when the schedule is over.
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
    input  logic [                   63:0] cycle,
    input  logic                           stressed,
    input  logic                           over,
    input  logic                           ready,
    input  logic [        CLASS_WIDTH-1:0] tdata,
    input  logic [CLASSES*SCORE_WIDTH-1:0] tuser,
    input  logic                           tvalid,
    output logic                           tready,
    output logic                           done
);
  string       folder;
  int          file;
  int          images;
  int          received;
  int          waited;
  logic [63:0] flushed;
  bit          finished;

  initial begin
    if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";
    if ($value$plusargs("spinsc_images=%d", images) == 0) images = 1;
    file    = $fopen($sformatf("%s/%s", folder, FILE), "wb");
    flushed = 64'd0;
  end

  assign tready = ready;
  assign done   = finished;

  always @(posedge clk) begin
    if (over) finished <= 1'b1;
    if (!rst) begin
      waited <= waited + 1;
      if (tvalid && ready) begin
        $fwrite(file, "%u%u", cycle, 32'(tdata));
        for (int c = 0; c < CLASSES; c++) $fwrite(file, "%u", 32'($signed(tuser[c*SCORE_WIDTH+:SCORE_WIDTH])));
        received <= received + 1;
        waited   <= 0;
        if (received + 1 == images && !stressed) finished <= 1'b1;
        // Who waits sees how far the run is, though not for every image of a small network.
        if (cycle - flushed >= FLUSH) begin
          $fflush(file);
          flushed <= cycle;
        end
      end else if (waited == PATIENCE && !stressed) finished <= 1'b1;
    end
  end

  // Python reads the file as soon as the run is done.
  always @(posedge finished) $fflush(file);
endmodule
