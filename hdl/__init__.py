"""Amaranth components, one concept per file. Knows nothing of torch, networks or files."""

#: Hand-written SystemVerilog modules in this folder that the components instantiate, the same in every design.
PRIMITIVES = ("spinsc_popcount.sv", "spinsc_rom.sv", "spinsc_weights.sv")
