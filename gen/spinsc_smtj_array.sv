// An array of stochastic magnetic tunnel junctions with their read-out. In simulation it replays a recording; for
// synthesis it is a black box, the analog macro that has one random bit of each device ready for every step.
//
// The recording is a file of STEPS words an image, each of ceil(DEVICES/8) bytes, highest byte first; device 0 is
// bit 0. After the last image of the file the first follows again. A reset goes back to the first.
`ifdef SYNTHESIS
(* blackbox *)
`endif
module spinsc_smtj_array #(
    parameter int DEVICES = 1,
    parameter int STEPS = 1,
    parameter int LAYER = 0
) (
    input  logic               clk,
    input  logic               rst,
    input  logic               step,
    output logic [DEVICES-1:0] random
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

  always @(posedge clk) begin
    if (rst) begin
      if (!at_start) begin
        void'($rewind(file));
        fetch();
        at_start <= 1'b1;
      end
      position <= 1;
      random <= samples[0];
    end else if (step) begin
      at_start <= 1'b0;
      if (position == STEPS) begin
        fetch();
        random <= samples[0];
        position <= 1;
      end else begin
        random <= samples[position];
        position <= position + 1;
      end
    end
  end
`endif
endmodule
