// Streams the images of a file, without pauses, into the network's input.
module spinsc_tb_source #(
    parameter FILE = "",
    parameter int PIXELS = 1,
    parameter int PIXELS_PER_BEAT = 1
) (
    input  logic                         clk,
    input  logic                         rst,
    output logic [8*PIXELS_PER_BEAT-1:0] tdata,
    output logic                         tvalid,
    output logic                         tlast,
    input  logic                         tready
);
  localparam int BEATS = (PIXELS + PIXELS_PER_BEAT - 1) / PIXELS_PER_BEAT;
  string      folder;
  int         file;
  int         beat;
  bit         more;
  logic [7:0] image[0:PIXELS-1];

  initial begin
    if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";
    file = $fopen($sformatf("%s/%s", folder, FILE), "rb");
    if (file == 0) $fatal(1, "no images in %s", folder);
  end

  function automatic logic [8*PIXELS_PER_BEAT-1:0] pixels(int first);
    pixels = '0;
    for (int e = 0; e < PIXELS_PER_BEAT; e++)
      if (first + e < PIXELS) pixels[8*e+:8] = image[first+e];
  endfunction

  assign tlast = beat == BEATS;

  always @(posedge clk) begin
    if (rst) begin
      if (!more) more = $fread(image, file) == PIXELS;
      beat   <= 1;
      tvalid <= more;
      tdata  <= pixels(0);
    end else if (tvalid && tready) begin
      if (beat == BEATS) begin
        more = $fread(image, file) == PIXELS;
        beat   <= 1;
        tvalid <= more;
        tdata  <= pixels(0);
      end else begin
        beat  <= beat + 1;
        tdata <= pixels(beat * PIXELS_PER_BEAT);
      end
    end
  end
endmodule
