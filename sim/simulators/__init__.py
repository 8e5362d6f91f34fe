"""Simulators of Verilog: how to find, build and run each."""
