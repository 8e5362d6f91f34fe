"""Studies: tables and figures made of many cells, each computed once and kept.

A study is a module with ``run(out, *, seeds, jobs, scheduler) -> str``: it runs its `cells.Cell` into
``out/results.json``, writes tables (.md) and figures (.png) beside it, and returns what ``spinsc study`` prints.
"""
