"""The threshold between the two voltage levels of a telegraph signal."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError

THRESHOLD_METHODS = ("midpoint", "otsu")
# The two halves of one Gaussian are 2.6 of their standard deviations apart, those of a uniform distribution 3.5.
SMALLEST_LEVEL_SEPARATION = 3.6
_HISTOGRAM_BINS = 1024


def automatic_threshold(voltages: npt.NDArray[Any], method: str = "midpoint", name: str = "the table") -> float:
    """Threshold voltage between the two levels of a telegraph signal.

    Parameters
    ----------
    voltages : shape (steps,)
        Finite.
    method : {"midpoint", "otsu"}
        "otsu" finds the threshold of largest between-class variance (N. Otsu, IEEE Trans. SMC 9, 62 (1979));
        "midpoint" then takes the middle between the means of the two classes, which does not depend on how long the
        device stays in each.
    name : str
        Of the file, for errors.

    Raises
    ------
    InputError
        If the voltages are constant, or do not lie about two levels.
    """
    counts, edges = np.histogram(voltages, bins=_HISTOGRAM_BINS)
    if voltages.min() == voltages.max():
        raise InputError(f"all voltages of {name} are {voltages[0]:g}; the device does not switch, or the column is "
                         "another")
    centres = (edges[:-1] + edges[1:]) / 2
    weight = np.cumsum(counts)[:-1] / len(voltages)
    first = np.cumsum(counts * centres)[:-1] / len(voltages)
    total = float((counts * centres).sum() / len(voltages))
    between = (total * weight - first) ** 2 / (weight * (1 - weight))
    # Between well separated levels lie empty bins, over which the variance stays the same.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    otsu = float((edges[1:-1][best[0]] + edges[1:-1][best[-1]]) / 2)
    high = voltages >= otsu
    levels = float(voltages[~high].mean()), float(voltages[high].mean())
    noise = np.sqrt((voltages[~high].var() * (~high).mean()) + (voltages[high].var() * high.mean()))
    if levels[1] - levels[0] < SMALLEST_LEVEL_SEPARATION * noise:
        raise InputError(f"the voltages of {name} do not lie about two levels ({levels[0]:g} and {levels[1]:g} with a "
                         f"noise of {noise:g}); give the threshold as a voltage (--threshold)")
    return otsu if method == "otsu" else sum(levels) / 2
