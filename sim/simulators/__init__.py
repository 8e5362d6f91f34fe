"""Simulators of Verilog: how to find, build and run each. `base` says what one offers, `registry` knows all of them."""
