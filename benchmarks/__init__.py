"""Benchmarks: every figure next to something measured in the same run. Run as ``python -m benchmarks``."""
