// One image of black pixels, with random bits of zero where they come in at ports: its class must come in the predicted
// cycle. What the network computes is checked by 'spinsc cosim'.
module spinsc_bench;
  localparam int LATENCY = /*LATENCY*/, BEATS = /*BEATS*/, CLASSES = /*CLASSES*/;
  logic clk = 0, rst = 1;
/*PORTS*/
  int beat = 0, cycles = 0;

  /*NETWORK*/

  always #5 clk = ~clk;

  initial begin
    repeat (4) @(posedge clk);
    #1 rst = 0;
    s_axis_tvalid = 1;
    m_axis_tready = 1;
    while (!m_axis_tvalid && cycles <= 2 * LATENCY + 16) begin
      /*TLAST*/
      @(posedge clk);
      if (s_axis_tvalid && s_axis_tready) beat = beat == BEATS - 1 ? 0 : beat + 1;
      #1 cycles = cycles + 1;
    end
    if (!m_axis_tvalid || cycles != LATENCY || m_axis_tdata >= CLASSES)
      $fatal(1, "class %0d after %0d cycles, not %0d", m_axis_tdata, cycles, LATENCY);
    $display("PASSED: class %0d after %0d cycles", m_axis_tdata, cycles);
    $finish;
  end
endmodule
