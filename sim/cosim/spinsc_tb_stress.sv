// Plays a schedule of pauses and resets, a word for each cycle from number 0 on, if the plusarg spinsc_stress tells to;
// otherwise nothing ever waits. A word is {images[7:0], image[12:0], reset, ready, pause, noise[7:0]}, highest byte first.
module spinsc_tb_stress #(
    parameter FILE = ""
) (
    input  logic        clk,
    input  logic        started,
    output logic        stressed,  // there is a schedule
    output logic        running,   // this cycle is one of the schedule's
    output logic        over,      // all of them are over
    output logic        reset,     // the next cycle is one of reset
    output logic        pause,     // the source offers nothing new in the next cycle
    output logic        ready,     // the sink takes what is there
    output logic [ 7:0] noise,     // on wires that mean nothing
    output logic [12:0] image,     // which the source begins with after a reset
    output logic [ 7:0] images     // that the source then has
);
  string       folder;
  int          file;
  logic [31:0] word[0:0];
  logic [31:0] following;
  bit          left;  // `following` is of the schedule

  initial begin
    stressed = $test$plusargs("spinsc_stress") != 0;
    {running, over, pause, ready} = 4'b0001;
    {images, image, noise} = '0;
    following = '0;
    if (stressed) begin
      if ($value$plusargs("spinsc_run=%s", folder) == 0) folder = ".";
      file = $fopen($sformatf("%s/%s", folder, FILE), "rb");
      if (file == 0) $fatal(1, "no schedule in %s", folder);
      left = $fread(word, file) == 4;
      following = word[0];
    end
  end

  assign reset = left && following[10];

  always @(posedge clk) begin
    if (stressed && started && !over) begin
      {images, image}       <= following[31:11];
      {ready, pause, noise} <= following[9:0];
      running               <= left;
      over                  <= !left;
      left = left && $fread(word, file) == 4;
      following <= word[0];
    end
  end
endmodule
