"""Mutation testing of the emitted Verilog: many single faults in one build, each of which co-simulation must notice.

`verilog` and `tokens` read the emitted files, `operators`, `handwritten` and `memories` put single faults into them,
`named` are faults that are always among them, `shapes` are the networks, `directory` joins all faults of a network in
one build, `campaign` runs them, `proofs` shows by Yosys, ABC, some `implications` and a few `reasons` which of those
that nothing noticed change nothing, and `table` says what was found. ``python -m tests.mutation`` runs all of it; the
tests take a `sample`.
"""
