"""Co-simulation: the Verilog of an emitted directory against the golden model, every word of every layer."""
