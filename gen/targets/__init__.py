"""FPGA parts that a network can be fitted to: what each has, and how Yosys and nextpnr are told of it."""
