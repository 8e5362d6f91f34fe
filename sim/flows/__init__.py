"""Synthesis, placement and timing of an emitted folder by open tools, and what they found in words of the source."""
