"""What all studies' figures have in common; they need matplotlib (the extra "plots")."""

from __future__ import annotations

import importlib
import io
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spinsc.extras import need
from spinsc.files import write_atomically

#: Of Okabe and Ito: distinct with colour blindness as well.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")


def new_figure(width: float = 6.4, height: float = 4.2, rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    """A figure of matplotlib that needs no display, in inches, and its axes as `Figure.subplots` gives them."""
    need("drawing figures", "plots")
    figures = importlib.import_module("matplotlib.figure")
    figure = figures.Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25, linewidth=0.6)
    return figure, grid[0, 0] if rows == columns == 1 else grid.squeeze()


def plot_seeds(axes: Any, positions: Sequence[float], values: Sequence[Sequence[float]], **style: Any) -> None:
    """Draw the median of each position's seeds, a bar from lowest to highest; ``style`` is matplotlib's."""
    middle = [statistics.median(seeds) for seeds in values]
    below = [median - min(seeds) for median, seeds in zip(middle, values, strict=True)]
    above = [max(seeds) - median for median, seeds in zip(middle, values, strict=True)]
    axes.errorbar(positions, middle, [below, above], **style)


def draw_learning_curve(axes: Any, curve: Sequence[Sequence[float]]) -> None:
    """Loss (left) and validation accuracy (right) over epochs, as a network's provenance has them."""
    epochs = range(1, len(curve) + 1)
    loss, accuracy = zip(*curve, strict=True)
    beside = axes.twinx()
    beside.spines["top"].set_visible(False)
    lines = [*axes.plot(epochs, loss, color=COLOURS[1], marker=".", label="mean loss"),
             *beside.plot(epochs, accuracy, color=COLOURS[0], marker=".", label="validation accuracy")]
    axes.set(xlabel="epoch", ylabel="mean loss", yscale="log")
    beside.set_ylabel("validation accuracy, %")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(lines, [line.get_label() for line in lines], frameon=False, loc="center right", labelcolor="linecolor")


def save_figure(figure: Any, path: Path) -> None:
    """Write a figure as .png."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    write_atomically(path, buffer.getvalue())


def duration(seconds: float) -> str:
    """As people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
