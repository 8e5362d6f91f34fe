"""SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), compiled by numba.

Word n is a bijection of a start plus n times a constant, so any word can be drawn alone, and many at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spinsc.models.compiled import compiled


@compiled
def draw(start: Any, slots: Any, words: Any) -> None:
    """Fill words of shape (devices, slots, words), numbered by slot, device and word, in this order."""
    devices, _, length = words.shape
    for device in range(devices):
        for position in range(len(slots)):
            first = (slots[position] * np.uint64(devices) + np.uint64(device)) * np.uint64(length)
            drawn = words[device, position]
            for k in range(length):
                x = start + (first + np.uint64(k)) * np.uint64(0x9E3779B97F4A7C15)
                x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                drawn[k] = x ^ (x >> np.uint64(31))
