"""Formal proofs: components equal their ``model()`` for all inputs, and what holds of whole networks at all times.

A `Claim` is hardware with an output ``bad`` that must never be one; `Prover` has Yosys translate it and ABC decide it,
from any state of the registers that nothing resets. ``python -m tests.formal`` proves them all.
"""
