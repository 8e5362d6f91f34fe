"""Stochastic-computing hardware of trained networks, on spintronic randomness, checked bit for bit."""
