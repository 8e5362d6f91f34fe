"""What the tests of all formats write and expect."""

import numpy as np

STEPS = 300
BITS = np.random.default_rng(21).integers(0, 2, STEPS, dtype=np.uint8)
VOLTS = 0.2 + 0.25 * BITS + np.random.default_rng(22).normal(0, 0.006, STEPS)
TIMES = 1e-6 * np.arange(STEPS)
BOTH = np.stack([BITS, 1 - BITS])
