"""The command line: a file for each command (`commands`), found by a registry, and what they share.

`main` runs a command and turns errors into one line and an exit code. Nothing heavy is imported before a command runs.
"""
