// Streams the images of a file into the network's input, without pauses, or with those of `spinsc_tb_stress`, whose
// episodes begin, if FRAMED, with a frame of noise, by turns shorter and longer than an image.
module spinsc_tb_source #(
    parameter FILE = "",
    parameter int PIXELS = 1,
    parameter int PIXELS_PER_BEAT = 1,
    parameter bit FRAMED = 1'b0
) (
    input  logic                         clk,
    input  logic                         rst,
    input  logic                         running,
    input  logic                         pause,
    input  logic [                  7:0] noise,
    input  logic [                 12:0] first,
    input  logic [                  7:0] images,
    output logic [8*PIXELS_PER_BEAT-1:0] tdata,
    output logic                         tvalid,
    output logic                         tlast,
    input  logic                         tready,
    output logic [                  1:0] wrong    // since the reset, a frame was too short, too long
);
  localparam int BEATS = (PIXELS + PIXELS_PER_BEAT - 1) / PIXELS_PER_BEAT;
  string      folder;
  int         file;
  int         beat;
  int         left;  // images of the schedule that follow this one
  int         stray;  // beats that are left of a frame that is no image
  bit         short;
  bit         resetting;
  bit         more;
  logic [7:0] image[0:PIXELS-1];

  initial begin
    if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";
    file = $fopen($sformatf("%s/%s", folder, FILE), "rb");
    if (file == 0) $fatal(1, "no images in %s", folder);
  end

  function automatic logic [8*PIXELS_PER_BEAT-1:0] pixels(int position);
    pixels = {PIXELS_PER_BEAT{noise}};
    for (int e = 0; e < PIXELS_PER_BEAT; e++)
      if (position + e < PIXELS) pixels[8*e+:8] = image[position+e];
  endfunction

  always @(posedge clk) begin
    resetting <= rst;
    if (rst || !tvalid || tready) begin
      if (rst) begin
        beat  = 0;
        wrong <= 2'b00;
        short = BEATS > 1 && short == resetting;
        stray = 0;
        if (FRAMED && running)
          stray = short ? 1 + int'(noise) % (BEATS > 1 ? BEATS - 1 : 1) : BEATS + 1 + int'(noise[7:4]);
        if (running) begin
          if ($fseek(file, int'(first) * PIXELS, 0) != 0) $fatal(1, "cannot find image %0d", first);
          left = int'(images) - 1;
          more = $fread(image, file) == PIXELS;
        end else if (!more) more = $fread(image, file) == PIXELS;
      end else if (tvalid && stray > 0) begin
        beat  = beat + 1;
        stray = stray - 1;
        if (short && stray == 0) wrong[0] <= 1'b1;
        if (!short && beat == BEATS) wrong[1] <= 1'b1;
        if (stray == 0) beat = 0;
      end else if (tvalid) begin
        beat = beat + 1;
        if (beat == BEATS) begin
          beat = 0;
          more = (!running || left > 0) && $fread(image, file) == PIXELS;
          left = left - 1;
        end
      end
      tvalid <= more && !pause;
      tdata  <= more && !pause && stray == 0 ? pixels(beat * PIXELS_PER_BEAT) : {PIXELS_PER_BEAT{noise}};
      tlast  <= !(more && !pause) ? noise[0] : stray == 0 ? beat == BEATS - 1 : stray == 1;
    end
  end
endmodule
