"""The command line, ``spinsc``."""
