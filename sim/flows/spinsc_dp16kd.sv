// Block memory of ECP5 in simulation, which Yosys has no model of. 16 kbit and 2 kbit of parity: 2,048 words of 9 bits,
// of which a port of 1, 2 or 4 bits uses the lower 8. Without output registers (REGMODE NOREG) and chip selects; the
// reset is synchronous. Between a write of one port and a read of the other in the same cycle, the read is first.
// verilator lint_off MULTIDRIVEN
// verilator lint_off DECLFILENAME
module DP16KD #(
    parameter integer DATA_WIDTH_A = 18, DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG", RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000", CLKAMUX = "CLKA", CLKBMUX = "CLKB",
    parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL", GSR = "AUTO",
    parameter [319:0] INITVAL_00 = 320'b0, INITVAL_01 = 320'b0, INITVAL_02 = 320'b0, INITVAL_03 = 320'b0,
    parameter [319:0] INITVAL_04 = 320'b0, INITVAL_05 = 320'b0, INITVAL_06 = 320'b0, INITVAL_07 = 320'b0,
    parameter [319:0] INITVAL_08 = 320'b0, INITVAL_09 = 320'b0, INITVAL_0A = 320'b0, INITVAL_0B = 320'b0,
    parameter [319:0] INITVAL_0C = 320'b0, INITVAL_0D = 320'b0, INITVAL_0E = 320'b0, INITVAL_0F = 320'b0,
    parameter [319:0] INITVAL_10 = 320'b0, INITVAL_11 = 320'b0, INITVAL_12 = 320'b0, INITVAL_13 = 320'b0,
    parameter [319:0] INITVAL_14 = 320'b0, INITVAL_15 = 320'b0, INITVAL_16 = 320'b0, INITVAL_17 = 320'b0,
    parameter [319:0] INITVAL_18 = 320'b0, INITVAL_19 = 320'b0, INITVAL_1A = 320'b0, INITVAL_1B = 320'b0,
    parameter [319:0] INITVAL_1C = 320'b0, INITVAL_1D = 320'b0, INITVAL_1E = 320'b0, INITVAL_1F = 320'b0,
    parameter [319:0] INITVAL_20 = 320'b0, INITVAL_21 = 320'b0, INITVAL_22 = 320'b0, INITVAL_23 = 320'b0,
    parameter [319:0] INITVAL_24 = 320'b0, INITVAL_25 = 320'b0, INITVAL_26 = 320'b0, INITVAL_27 = 320'b0,
    parameter [319:0] INITVAL_28 = 320'b0, INITVAL_29 = 320'b0, INITVAL_2A = 320'b0, INITVAL_2B = 320'b0,
    parameter [319:0] INITVAL_2C = 320'b0, INITVAL_2D = 320'b0, INITVAL_2E = 320'b0, INITVAL_2F = 320'b0,
    parameter [319:0] INITVAL_30 = 320'b0, INITVAL_31 = 320'b0, INITVAL_32 = 320'b0, INITVAL_33 = 320'b0,
    parameter [319:0] INITVAL_34 = 320'b0, INITVAL_35 = 320'b0, INITVAL_36 = 320'b0, INITVAL_37 = 320'b0,
    parameter [319:0] INITVAL_38 = 320'b0, INITVAL_39 = 320'b0, INITVAL_3A = 320'b0, INITVAL_3B = 320'b0,
    parameter [319:0] INITVAL_3C = 320'b0, INITVAL_3D = 320'b0, INITVAL_3E = 320'b0, INITVAL_3F = 320'b0
) (
    input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
        DIA3, DIA2, DIA1, DIA0,
    input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
        DOA3, DOA2, DOA1, DOA0,
    input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
        DIB3, DIB2, DIB1, DIB0,
    input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
        DOB3, DOB2, DOB1, DOB0
);
  localparam [20479:0] INIT = {
      INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C,
      INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
      INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34,
      INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
      INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C,
      INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
      INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24,
      INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
      INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C,
      INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
      INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14,
      INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
      INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C,
      INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
      INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04,
      INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00};

  reg [8:0] bytes[0:2047];
  integer n;
  initial for (n = 0; n < 2048; n = n + 1) bytes[n] = INIT[(n/2)*20 + (n%2)*9 +: 9];

  wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
  wire [35:0] data_a = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6,
      DIB5, DIB4, DIB3, DIB2, DIB1, DIB0, DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
      DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  wire [35:0] read_a, written_a, mask_a;
  spinsc_dp16kd_port #(.WIDTH(DATA_WIDTH_A), .WRITEMODE(WRITEMODE_A)) port_a (
      .address(address_a), .data(data_a), .enable(CEA), .write(WEA),
      .words({bytes[{address_a[13:5], 2'd3}], bytes[{address_a[13:5], 2'd2}], bytes[{address_a[13:5], 2'd1}],
              bytes[{address_a[13:5], 2'd0}]}),
      .mask(mask_a), .written(written_a), .read(read_a));
  reg [35:0] output_a = 36'b0;
  wire clock_a = CLKAMUX == "INV" ? ~CLKA : CLKA;
  always @(posedge clock_a) begin
    if (CEA & WEA & ~RSTA) begin
      if (|mask_a[8:0]) bytes[{address_a[13:5], 2'd0}] <= written_a[8:0];
      if (|mask_a[17:9]) bytes[{address_a[13:5], 2'd1}] <= written_a[17:9];
      if (|mask_a[26:18]) bytes[{address_a[13:5], 2'd2}] <= written_a[26:18];
      if (|mask_a[35:27]) bytes[{address_a[13:5], 2'd3}] <= written_a[35:27];
    end
    if (RSTA) output_a <= 36'b0;
    else if (CEA & (~WEA | WRITEMODE_A != "NORMAL")) output_a <= read_a;
  end

  wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
  wire [35:0] data_b = {18'b0, DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7,
      DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
  wire [35:0] read_b, written_b, mask_b;
  spinsc_dp16kd_port #(.WIDTH(DATA_WIDTH_B), .WRITEMODE(WRITEMODE_B)) port_b (
      .address(address_b), .data(data_b), .enable(CEB), .write(WEB),
      .words({bytes[{address_b[13:5], 2'd3}], bytes[{address_b[13:5], 2'd2}], bytes[{address_b[13:5], 2'd1}],
              bytes[{address_b[13:5], 2'd0}]}),
      .mask(mask_b), .written(written_b), .read(read_b));
  reg [35:0] output_b = 36'b0;
  wire clock_b = CLKBMUX == "INV" ? ~CLKB : CLKB;
  always @(posedge clock_b) begin
    if (CEB & WEB & ~RSTB) begin
      if (|mask_b[8:0]) bytes[{address_b[13:5], 2'd0}] <= written_b[8:0];
      if (|mask_b[17:9]) bytes[{address_b[13:5], 2'd1}] <= written_b[17:9];
      if (|mask_b[26:18]) bytes[{address_b[13:5], 2'd2}] <= written_b[26:18];
      if (|mask_b[35:27]) bytes[{address_b[13:5], 2'd3}] <= written_b[35:27];
    end
    if (RSTB) output_b <= 36'b0;
    else if (CEB & (~WEB | WRITEMODE_B != "NORMAL")) output_b <= read_b;
  end

  // A port B of 36 bits has its lower half at the outputs of port A.
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3,
      DOA2, DOA1, DOA0} = DATA_WIDTH_B == 36 ? output_b[17:0] : output_a[17:0];
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3,
      DOB2, DOB1, DOB0} = DATA_WIDTH_B == 36 ? output_b[35:18] : output_b[17:0];
endmodule

// What a port makes of four bytes: which bits it writes, and what it reads.
module spinsc_dp16kd_port #(
    parameter integer WIDTH = 18,
    parameter WRITEMODE = "NORMAL"
) (
    input  [13:0] address,
    input  [35:0] data,
    input         enable,
    input         write,
    input  [35:0] words,
    output [35:0] mask,
    output [35:0] written,
    output [35:0] read
);
  // First bit among the 36, and the bits that are written.
  wire [5:0] at = WIDTH == 36 ? 6'd0 : WIDTH == 18 ? 6'd18 * address[4] : WIDTH == 9 ? 6'd9 * address[4:3]
                : 6'd9 * address[4:3] + (WIDTH == 4 ? {3'b0, address[2], 2'b0} : WIDTH == 2 ?
                    {3'b0, address[2:1], 1'b0}
                                       : {3'b0, address[2:0]});
  wire [35:0] enabled = WIDTH == 36 ? {{9{address[3]}}, {9{address[2]}}, {9{address[1]}}, {9{address[0]}}}
                      : WIDTH == 18 ? {18'b0, {9{address[1]}}, {9{address[0]}}} : (36'd1 << WIDTH) - 36'd1;
  assign mask = enabled << at;
  assign written = (words & ~mask) | ((data << at) & mask);
  assign read = (enable & write & WRITEMODE == "WRITETHROUGH" ? written : words) >> at;
endmodule
