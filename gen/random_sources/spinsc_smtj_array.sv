// An array of stochastic magnetic tunnel junctions with their read-out. In simulation it replays a recording; for
// synthesis it is a black box, the analog macro that has one random bit of each device ready for every step.
//
// The recording is a file of STEPS words an image, each of ceil(DEVICES/8) bytes, highest byte first; device 0 is
// bit 0. After the last image of the file the first follows again. A reset goes back to the first.
//
// UNROLL successive samples are there at once, the first one lowest. A step takes all of them, or with `partial` the
// first REST.
//
// Simulators read files byte by byte, which takes a third as long as a network of 100 neurons. A recording of up to KEPT
// images, by default what 8 MiB hold, is therefore read once and then kept.
`ifdef SYNTHESIS
(* blackbox *)
`endif
module spinsc_smtj_array #(
    parameter int DEVICES = 1,
    parameter int STEPS = 1,
    parameter int LAYER = 0,
    parameter int UNROLL = 1,
    parameter int REST = 1,
    parameter int KEPT = 1 + int'((64'd1 << 26) / (64'(STEPS) * 64'(DEVICES + 31)))
) (
    input  logic                      clk,
    input  logic                      rst,
    input  logic                      step,
    input  logic                      partial,
    output logic [UNROLL*DEVICES-1:0] random
);
`ifndef SYNTHESIS
  string              folder;
  int                 file;
  int                 images;    // read since the start of the file
  bit                 complete;  // the whole file is kept
  int                 base;      // first sample of the image that is replayed
  int                 position;
  bit                 at_start;
  logic [DEVICES-1:0] samples [0:KEPT*STEPS-1];

  initial begin
    if ($value$plusargs("spinsc_recording=%s", folder) == 0) folder = ".";
    file = $fopen($sformatf("%s/layer%0d.bits", folder, LAYER), "rb");
    if (file == 0) $fatal(1, "no recording %s/layer%0d.bits", folder, LAYER);
  end

  // Read the next image, if the file has one more.
  function automatic bit read();
    base = images % KEPT * STEPS;
    read = $fread(samples, file, base, STEPS) != 0;
    if (read) images++;
  endfunction

  // Go on to the next image, after the last to the first.
  function automatic void fetch(bit from_start);
    if (complete) base = from_start || base + STEPS == images * STEPS ? 0 : base + STEPS;
    else begin
      if (from_start) begin
        if ($rewind(file) != 0) $fatal(1, "cannot read the recording of layer %0d again", LAYER);
        images = 0;
      end
      if (!read()) begin
        complete = images != 0 && images <= KEPT;
        base     = 0;
        if (!complete) begin
          if ($rewind(file) != 0) $fatal(1, "cannot read the recording of layer %0d again", LAYER);
          images = 0;
          if (!read()) $fatal(1, "the recording of layer %0d is empty", LAYER);
        end
      end
    end
  endfunction

  // Samples from the given one on, as far as the image has any.
  function automatic logic [UNROLL*DEVICES-1:0] window(int first);
    window = '0;
    for (int b = 0; b < UNROLL; b++)
      if (first + b < STEPS) window[b*DEVICES+:DEVICES] = samples[base+first+b];
  endfunction

  // `position` is the sample that is lowest in `random`.
  always @(posedge clk) begin
    if (rst) begin
      if (!at_start) begin
        fetch(1'b1);
        at_start <= 1'b1;
      end
      position <= 0;
      random   <= window(0);
    end else if (step) begin
      at_start <= 1'b0;
      if (position + (partial ? REST : UNROLL) >= STEPS) begin
        fetch(1'b0);
        position <= 0;
        random   <= window(0);
      end else begin
        position <= position + (partial ? REST : UNROLL);
        random   <= window(position + (partial ? REST : UNROLL));
      end
    end
  end
`endif
endmodule
