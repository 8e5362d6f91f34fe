"""Boards that a network can be emitted for: one file each, found by its name in a registry."""
