"""Network description and artifact, data, quantization-aware training, and the golden model.

Knows nothing of Verilog; imports nothing from hdl, gen or sim.
"""
