"""What the golden model's sums look like beside the thresholds that they meet, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spinsc.models.golden.evaluation import evaluate
from spinsc.models.outcome import Activation
from spinsc.sim.pages.figures import COLOURS, add_legend, new_figure, svg
from spinsc.sim.pages.page import Figure, Matrix, Section, Text

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.golden.trace import Trace
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams

#: Images whose sums are drawn.
DRAWN_IMAGES = 1000
#: Classes up to which a matrix is shown.
MOST_CLASSES = 20
_BINS = 60

Integers = npt.NDArray[np.integer[Any]]


def confusion_section(counts: Sequence[Sequence[int]], whose: str) -> Section:
    """Labels against classes.

    Parameters
    ----------
    counts : rows of labels, columns of classes; perhaps a last column of images without a class
    whose : str
        What gave the classes.
    """
    classes = len(counts)
    columns = [*map(str, range(classes)), *["none"] * (len(counts[0]) - classes)]
    if len(columns) > classes and not any(row[classes] for row in counts):
        columns, counts = columns[:classes], [row[:classes] for row in counts]
    wrong = sum(sum(row) - row[label] for label, row in enumerate(counts))
    total = sum(map(sum, counts))
    often = sorted(((count, label, column) for label, row in enumerate(counts) for column, count in enumerate(row)
                    if count and column != label), reverse=True)[:5]
    most = "; ".join(f"{label} taken for {columns[column]}: {count}" for count, label, column in often)
    said = Text(f"{whose}: {wrong:,} of {total:,} wrong{f' ({most})' if most else ''}.")
    if classes > MOST_CLASSES:
        return Section("Confusion matrix", [said])
    matrix = Matrix("label", list(map(str, range(classes))), columns, counts)
    return Section("Confusion matrix", [said, matrix])


def confusion(labels: Integers, got: Integers, classes: int) -> list[list[int]]:
    """Images by label and class."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, got), 1)
    rows: list[list[int]] = counts.tolist()
    return rows


def layers_section(network: Network, images: Images, first: int, streams: Streams) -> Section:
    """Accumulators against thresholds for every hidden layer, and the lead of the winner in the output layer."""
    drawn = images[:DRAWN_IMAGES]
    trace = evaluate(network, drawn.images, streams, first=first)
    figures = []
    for number, layer in enumerate(network.layers):
        sums, integers = trace.accumulators[number], layer.outcome_integers(network.length)
        if isinstance(layer.outcome, Activation):
            figures += [_sums(number, sums, integers, layer.inputs * network.length),
                        _distances(number, sums, integers),
                        _states(number, trace.states[number], layer.outcome.states)]
    figures.append(_leads(trace, drawn.labels))
    return Section(f"Sums against thresholds, {len(trace):,} images", figures)


def _sums(number: int, sums: Integers, thresholds: Integers, full_scale: int) -> Figure:
    """Neurons have thresholds of their own, so each is drawn about the middle of its own."""
    figure, axes = new_figure()
    middle = np.clip(thresholds, 0, full_scale).mean(axis=1)
    about, limits = sums - middle, np.clip(thresholds, 0, full_scale) - middle[:, None]
    low, high = np.quantile(about, [0.001, 0.999])
    edges = np.linspace(min(low, float(limits.min())), max(high, float(limits.max())), _BINS + 1)
    axes.hist(about.ravel(), edges, color="0.55", alpha=0.6, label="accumulators")
    for rank in range(thresholds.shape[1]):
        colour = COLOURS[rank % len(COLOURS)]
        axes.axvspan(*np.quantile(limits[:, rank], [0.1, 0.9]), color=colour, alpha=0.2, lw=0)
        axes.axvline(float(np.median(limits[:, rank])), color=colour, lw=1.6,
                     label=f"threshold {rank + 1}" if thresholds.shape[1] <= len(COLOURS) else None)
    axes.set(title=f"layer {number}: accumulators and thresholds", ylabel="sums", yticks=[],
             xlabel="counts above the middle of the neuron's thresholds")
    add_legend(axes)
    return Figure(svg(figure, f"sums{number}"), f"Accumulators go from 0 to I L = {full_scale:,}. Thresholds: median "
                  "of the neurons, and where 80 % of them lie.")


def _distances(number: int, sums: Integers, thresholds: Integers) -> Figure:
    figure, axes = new_figure()
    nearest = np.abs(sums[:, :, None] - thresholds).min(axis=2)
    axes.hist(nearest.ravel(), np.linspace(0, float(np.quantile(nearest, 0.99)) + 1, 40), color=COLOURS[0], alpha=0.8)
    axes.set(title=f"layer {number}: distance to the nearest threshold", xlabel="counts", ylabel="sums", yticks=[])
    close = 100 * float((nearest <= 1).mean())
    return Figure(svg(figure, f"distances{number}"), f"{close:.2f} % of the sums are within one count of a threshold, "
                  "where a single wrong bit may show.")


def _states(number: int, states: Integers, count: int) -> Figure:
    figure, axes = new_figure()
    occupied = np.stack([(states == state).mean(axis=0) for state in range(count)])
    axes.bar(range(count), 100 * occupied.mean(axis=1), color=COLOURS[2], alpha=0.85)
    axes.set(title=f"layer {number}: states of the neurons", xlabel="state", ylabel="%")
    axes.xaxis.get_major_locator().set_params(integer=True)
    whole = int((occupied > 0).all(axis=0).sum())
    return Figure(svg(figure, f"states{number}"), f"{whole:,} of {states.shape[1]:,} neurons take all {count} states "
                  "in these images.")


def _leads(trace: Trace, labels: Integers) -> Figure:
    figure, axes = new_figure()
    ordered = np.sort(trace.scores, axis=1)
    lead = ordered[:, -1] - ordered[:, -2]
    right = trace.classes == labels
    edges = np.linspace(0, float(lead.max()) + 1, 40)
    axes.hist([lead[right], lead[~right]], edges, stacked=True, color=COLOURS[:2], alpha=0.85,
              label=[f"right ({int(right.sum()):,})", f"wrong ({int((~right).sum()):,})"])
    axes.set(title="output layer: lead of the winner", xlabel="score of the class less that of the next",
             ylabel="images")
    add_legend(axes)
    ties = int((lead == 0).sum())
    return Figure(svg(figure, "leads"), f"{ties:,} image{'s' if ties != 1 else ''} with two equal best scores, of "
                  "which the lower class wins.")
