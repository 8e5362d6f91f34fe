"""Sources of the random numbers that the golden model computes with."""
