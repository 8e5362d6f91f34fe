"""Labelled images: ``images`` (arrays and files), ``idx`` (MNIST's file format), ``catalogue`` (the data sets known by
name) and ``sources`` (where they are found)."""
