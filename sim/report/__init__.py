"""Every table and line that is printed: `table` lays it out, the other files say what is in it.

A report is text for people and, under stable keys, the same as JSON (``--json``, docs/command-line.md).
"""
