// An array of stochastic magnetic tunnel junctions with their read-out. In simulation it replays a recording; for
// synthesis it is a black box, the analog macro that has one random bit of each device ready for every step.
//
// The recording is a file of STEPS words an image, each of ceil(DEVICES/8) bytes, highest byte first; device 0 is
// bit 0. After the last image of the file the first follows again. A reset goes back to the first.
//
// UNROLL successive samples are there at once, the first one lowest. A step takes all of them, or with `partial` the
// first REST.
`ifdef SYNTHESIS
(* blackbox *)
`endif
module spinsc_smtj_array #(
    parameter int DEVICES = 1,
    parameter int STEPS = 1,
    parameter int LAYER = 0,
    parameter int UNROLL = 1,
    parameter int REST = 1
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
  int                 position;
  bit                 at_start;
  logic [DEVICES-1:0] samples [0:STEPS-1];

  initial begin
    if ($value$plusargs("spinsc_recording=%s", folder) == 0) folder = ".";
    file = $fopen($sformatf("%s/layer%0d.bits", folder, LAYER), "rb");
    if (file == 0) $fatal(1, "no recording %s/layer%0d.bits", folder, LAYER);
  end

  // The next image of the file, or the first after the last.
  function automatic void fetch();
    if ($fread(samples, file) == 0) begin
      void'($rewind(file));
      if ($fread(samples, file) == 0) $fatal(1, "the recording of layer %0d is empty", LAYER);
    end
  endfunction

  // Samples from the given one on, as far as the image has any.
  function automatic logic [UNROLL*DEVICES-1:0] window(int first);
    window = '0;
    for (int b = 0; b < UNROLL; b++)
      if (first + b < STEPS) window[b*DEVICES+:DEVICES] = samples[first+b];
  endfunction

  // `position` is the sample that is lowest in `random`.
  always @(posedge clk) begin
    if (rst) begin
      if (!at_start) begin
        void'($rewind(file));
        fetch();
        at_start <= 1'b1;
      end
      position <= 0;
      random   <= window(0);
    end else if (step) begin
      at_start <= 1'b0;
      if (position + (partial ? REST : UNROLL) >= STEPS) begin
        fetch();
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
