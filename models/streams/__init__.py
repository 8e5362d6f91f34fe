"""Sources of the random numbers that the golden model computes with.

``protocol`` (what a source gives), ``ideal``, ``lfsr`` and ``recorded`` (the sources), ``lanes`` (from the numbers of
groups to those of lanes), ``packing`` (bits packed along time), ``splitmix`` (the generator of ideal bits).
"""
