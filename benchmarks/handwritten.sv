// A folded layer as one would write it by hand, to compare the emitted Verilog with: all neurons in parallel, states and
// weights in thermometer planes (bit k says "at least k"), whole vectors in every expression.
module handwritten_layer #(
    parameter int NEURONS = 1,
    parameter int LANES = 1,
    parameter int CHUNKS = 1,
    parameter int STATES = 2,
    parameter int RANDOM_BITS = 1,
    parameter int SUM_WIDTH = 1
) (
    input  logic                           clk,
    input  logic                           step,    // states of this step's chunk, and its random numbers, are valid
    input  logic                           first,   // first step of an image
    input  logic                           load,    // first step of a chunk
    input  int                             chunk,
    input  logic [   (STATES-1)*LANES-1:0] states,
    input  logic [2*RANDOM_BITS*LANES-1:0] random,  // activations, then weights; in bit planes
    output logic [           SUM_WIDTH-1:0] sums[0:NEURONS-1]
);
  // Lanes whose random number is below a constant.
  function automatic logic [LANES-1:0] below(logic [RANDOM_BITS*LANES-1:0] numbers, int constant);
    below = '0;
    for (int b = 0; b < RANDOM_BITS; b++)
      below = constant[b] ? below | ~numbers[b*LANES+:LANES] : below & ~numbers[b*LANES+:LANES];
  endfunction

  logic stepped, first_stepped;
  always_ff @(posedge clk) begin
    stepped <= step;
    first_stepped <= first;
  end

  for (genvar k = 1; k < STATES; k++) begin : g_less
    localparam int Threshold = ((k << (RANDOM_BITS + 1)) + STATES - 1) / (2 * (STATES - 1));
    logic [LANES-1:0] state, a, w, any;
    always_ff @(posedge clk) begin
      if (load) state <= states[(k-1)*LANES+:LANES];
      a <= k == STATES - 1 ? '1 : below(random[0+:RANDOM_BITS*LANES], Threshold);
      w <= k == STATES - 1 ? '1 : below(random[RANDOM_BITS*LANES+:RANDOM_BITS*LANES], Threshold);
    end
    if (k == 1) assign any = state & a;
    else assign any = g_less[k-1].any | state & a;
  end

  for (genvar n = 0; n < NEURONS; n++) begin : g_neuron
    logic [(STATES-1)*LANES-1:0] memory[0:CHUNKS-1];
    initial $readmemh($sformatf("mem/handwritten_%0d.mem", n), memory);
    for (genvar k = 1; k < STATES; k++) begin : g_plane
      logic [LANES-1:0] plane, any;
      always_ff @(posedge clk) if (load) plane <= memory[chunk][(k-1)*LANES+:LANES];
      if (k == 1) assign any = plane & g_less[k].w;
      else assign any = g_plane[k-1].any | plane & g_less[k].w;
    end
    always_ff @(posedge clk)
      if (stepped)
        sums[n] <= (first_stepped ? '0 : sums[n])
                 + SUM_WIDTH'($countones(~(g_less[STATES-1].any ^ g_plane[STATES-1].any)));
  end
endmodule

// Feeds it with the states of a file, image after image, and with recorded random bits; records the sums.
module handwritten_top #(
    parameter int NEURONS = 1,
    parameter int LANES = 1,
    parameter int CHUNKS = 1,
    parameter int LENGTH = 1,
    parameter int STATES = 2,
    parameter int RANDOM_BITS = 1,
    parameter int SUM_WIDTH = 1
) (
    input  logic given_clock,  // see spinsc_tb_clock
    output logic done
);
  timeunit 1ns; timeprecision 1ps;
  string folder;
  int states_file, sums_file, images, image, chunk, t;
  bit fetched;
  logic clk, rst, step, first, load, last, last_stepped, complete;
  logic [(STATES-1)*LANES-1:0] states[0:CHUNKS-1];
  logic [2*RANDOM_BITS*LANES-1:0] random;
  logic [SUM_WIDTH-1:0] sums[0:NEURONS-1];

  initial begin
    if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";
    if ($value$plusargs("spinsc_images=%d", images) == 0) images = 1;
    states_file = $fopen({folder, "/states.bits"}, "rb");
    sums_file   = $fopen({folder, "/sums"}, "wb");
    if (states_file == 0) $fatal(1, "no states in %s", folder);
  end

  spinsc_tb_clock clock (.given(given_clock), .reset(1'b0), .clk, .rst, .started(), .cycle());
  spinsc_smtj_array #(.DEVICES(2 * RANDOM_BITS * LANES), .STEPS(CHUNKS * LENGTH), .LAYER(0)) junctions (
      .clk, .rst, .step, .partial(1'b0), .random);
  handwritten_layer #(.NEURONS, .LANES, .CHUNKS, .STATES, .RANDOM_BITS, .SUM_WIDTH) layer (
      .clk, .step, .first, .load, .chunk, .states(states[chunk]), .random, .sums);

  assign step  = !rst && image != images;
  assign load  = step && t == 0;
  assign first = load && chunk == 0;
  assign last  = step && t == LENGTH - 1 && chunk == CHUNKS - 1;

  always @(posedge clk) begin
    last_stepped <= last;
    complete <= last_stepped;
    if (rst ? !fetched : last) begin
      void'($fread(states, states_file));
      fetched = 1'b1;
    end
    if (step) begin
      t <= t == LENGTH - 1 ? 0 : t + 1;
      if (t == LENGTH - 1) chunk <= chunk == CHUNKS - 1 ? 0 : chunk + 1;
      if (last) image <= image + 1;
    end
    if (complete) begin
      for (int n = 0; n < NEURONS; n++) $fwrite(sums_file, "%u", 32'(sums[n]));
      if (image == images && !last_stepped) done <= 1'b1;
    end
  end
  always @(posedge done) $fflush(sums_file);
endmodule
