"""From a network artifact to a directory of Verilog, memory images and a manifest. May import hdl and models."""
