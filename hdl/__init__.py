"""Amaranth components, one concept a file. Knows nothing of torch, networks or files."""
