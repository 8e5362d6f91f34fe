"""Recordings of random bits: the file, importers, statistics, and whether they are good enough."""
