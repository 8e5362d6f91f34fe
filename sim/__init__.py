"""s-MTJ model, recordings, Verilator toolchain, cocotb testbenches, comparison, command line. May import all others."""
