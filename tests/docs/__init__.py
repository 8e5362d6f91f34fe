"""The documentation: the site that is built of it, and the commands that it shows (``python -m tests.docs``)."""
