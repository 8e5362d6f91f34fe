"""The one exception that users see as a single line."""


class InputError(ValueError):
    """Bad input or a missing tool. The message names the value and the remedy; the command line exits with 2."""
