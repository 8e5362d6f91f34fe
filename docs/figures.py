"""Draw the figures of README and tutorial.

    python docs/figures.py [FOLDER]        into docs/pictures, or a folder; some seconds

(docs/pictures/report.png is the page that the tutorial makes, in a browser.)
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

import spinsc
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.golden.evaluation import evaluate
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.sources import parse_rng

BLUE, ORANGE, GREEN, GREY, PALE = "#0072b2", "#d55e00", "#17703f", "#5c6670", "#eef3f8"
Bits = npt.NDArray[np.uint8]


def overview() -> plt.Figure:
    """From a digit and junctions to a class, and what proves it."""
    figure, ax = _canvas(12, 4.3)
    digit = embedded_images().images[0].reshape(28, 28)
    _box(ax, 0.1, 1.75, 1.8, 2.3, "a digit's pixels")
    ax.imshow(digit, cmap="Greys", extent=(0.35, 1.65, 2.0, 3.3), zorder=3)
    _box(ax, 2.5, 1.75, 2.6, 2.3, "junctions (s-MTJs)")
    for row in range(4):
        _trace(ax, SMTJ(seed=row).simulate(1, 26).bits()[0], 2.7, 3.25 - 0.42 * row, 2.2, 0.24, (BLUE, ORANGE)[row % 2])
    _box(ax, 5.7, 1.75, 2.6, 2.3, "comparators, XNOR, count")
    x, w = np.random.default_rng(4).integers(0, 2, (2, 8))
    for row, (name, bits, colour) in enumerate((("x", x, BLUE), ("w", w, ORANGE), ("XNOR", 1 - (x ^ w), "black"))):
        y = 3.1 - 0.45 * row
        ax.text(6.5, y, name, ha="right", va="center", color=colour, fontsize=10)
        ax.text(6.6, y, " ".join(map(str, bits)), va="center", color=colour, family="monospace", fontsize=10)
    _box(ax, 8.9, 1.75, 1.5, 2.3, "thresholds")
    for step in range(4):
        ax.plot([9.1 + 0.28 * step, 9.38 + 0.28 * step], [2.2 + 0.3 * step] * 2, color=BLUE, lw=2.5)
        if step:
            ax.plot([9.1 + 0.28 * step] * 2, [1.9 + 0.3 * step, 2.2 + 0.3 * step], color=BLUE, lw=1, ls=":")
    _box(ax, 11.0, 1.75, 0.9, 2.3, "class")
    ax.text(11.45, 2.65, "7", ha="center", va="center", fontsize=34, color=GREEN)
    for x in (1.9, 5.1, 8.3, 10.4):
        _arrow(ax, x + 0.05, 2.9, x + 0.55, 2.9)
    for x, text in ((0.1, "PyTorch: the golden model"), (6.9, "Verilog: Verilator and cocotb")):
        ax.add_patch(FancyBboxPatch((x + 0.08, 0.28), 4.8, 0.7, boxstyle="round,pad=0.08", fc=PALE, ec=BLUE))
        ax.text(x + 2.5, 0.63, text, ha="center", va="center", fontsize=12)
    ax.text(5.95, 0.83, "every word equal", ha="center", va="center", fontsize=10.5, color=GREEN)
    ax.text(5.95, 0.42, "=", ha="center", va="center", fontsize=24, color=GREEN)
    return figure


def junction() -> plt.Figure:
    """A telegraph signal, its samples, and what the barrier and a bias do."""
    figure, (wells, signal) = plt.subplots(1, 2, figsize=(10, 3.1), width_ratios=(1, 2.4), layout="constrained")
    angle = np.linspace(-0.35 * np.pi, 1.35 * np.pi, 300)
    for bias, colour, style in ((0.0, BLUE, "-"), (0.6, ORANGE, "--")):
        wells.plot(angle / np.pi, 3 * np.sin(angle) ** 2 + bias * np.cos(angle), color=colour, ls=style,
                   label="no bias" if not bias else "a current favours 1")
    wells.set(xlabel="angle of the free layer (of pi)", ylabel="energy (kT)", ylim=(-1, 5.2), xticks=[0, 0.5, 1])
    wells.text(0, -0.85, "state 0", ha="center", color=GREY)
    wells.text(1, -0.85, "state 1", ha="center", color=GREY)
    wells.legend(loc="upper center", fontsize=8, frameon=False)
    fine, every = 1e-9, 20
    bits = SMTJ(dwell_time_0_s=20e-9, dwell_time_1_s=20e-9, sampling_interval_s=fine, seed=5).simulate(1, 400).bits()[0]
    volts = 0.2 + 0.15 * bits + np.random.default_rng(0).normal(0, 0.008, len(bits))
    signal.plot(np.arange(len(bits)), volts, color=GREY, lw=0.9)
    sampled = np.arange(every // 2, len(bits), every)
    signal.plot(sampled, volts[sampled], "o", color=BLUE, ms=5)
    for time in sampled:
        signal.text(time, 0.405, str(bits[time]), ha="center", color=BLUE, family="monospace")
    signal.axhline(0.275, color=ORANGE, lw=1, ls=":")
    signal.set(xlabel="time (ns), read every 20 ns", ylabel="voltage (V)", ylim=(0.16, 0.435), xlim=(0, len(bits)))
    return figure


def streams() -> plt.Figure:
    """States become bits, bits become products, and how exact a product of L bits is."""
    figure, (steps, spread) = plt.subplots(1, 2, figsize=(10, 3.4), width_ratios=(1.6, 1), layout="constrained")
    rng = np.random.default_rng(1)
    numbers = rng.integers(0, 4, 16)
    steps.step(np.arange(17), np.append(numbers, numbers[-1]), where="post", color=GREY)
    steps.plot((0, 16), (2.5, 2.5), color=BLUE, ls="--", lw=1)
    x, w = (numbers < 3).astype(int), (rng.integers(0, 4, 16) < 1).astype(int)
    rows = (("x = +0.5 (k = 3): r < T = 3", x, BLUE), ("w = -0.5 (k = 1): r < T = 1", w, ORANGE),
            ("product, XNOR", 1 - (x ^ w), "black"))
    for row, (name, bits, colour) in enumerate(rows):
        y = -1.2 - 1.1 * row
        steps.text(-0.3, y, name, ha="right", va="center", color=colour, fontsize=9)
        for n, bit in enumerate(bits):
            steps.text(n + 0.5, y, str(bit), ha="center", va="center", color=colour, family="monospace")
        steps.text(16.4, y, f"{bits.sum()} of 16: {2 * bits.mean() - 1:+.2f}", va="center", color=colour,
                   fontsize=9)
    steps.text(-0.3, 1.5, "random number r of x, 2 bits\n(two junctions)", ha="right", va="center", color=GREY,
               fontsize=9)
    steps.text(16.4, 2.5, "T = 3", va="center", color=BLUE, fontsize=9)
    steps.set(xlim=(-8.4, 21.2), ylim=(-4, 3.5))
    steps.axis("off")
    lengths = np.array([8, 16, 32, 64, 128, 256, 512])
    products = 784
    spread.loglog(lengths, np.sqrt((1 - 0.25**2) / lengths), "o-", color=ORANGE, label="of one product")
    spread.loglog(lengths, np.sqrt((1 - 0.25**2) / lengths / products), "s-", color=BLUE, label="of the mean of 784")
    spread.set(xlabel="bits L of a stream", ylabel="standard deviation", xticks=lengths, xticklabels=lengths)
    spread.minorticks_off()
    spread.grid(alpha=0.3)
    spread.legend(fontsize=8, frameon=False, loc="center right")
    return figure


def folding() -> plt.Figure:
    """A layer's products in the order in which the hardware forms them."""
    figure, (matrix, time) = plt.subplots(1, 2, figsize=(10, 3.3), width_ratios=(1.1, 1.5), layout="constrained")
    chunks, passes = 4, 2
    shades = plt.get_cmap("Blues")(np.linspace(0.2, 0.75, chunks * passes))
    for q in range(passes):
        for c in range(chunks):
            matrix.add_patch(Rectangle((c, -q - 1), 1, 1, fc=shades[q * chunks + c], ec="white", lw=2))
            matrix.text(c + 0.5, -q - 0.5, f"{q * chunks + c}", ha="center", va="center", fontsize=13)
    matrix.add_patch(Rectangle((0, -1), 1, 1, fc="none", ec=ORANGE, lw=3, zorder=3))
    matrix.text(0.5, 0.12, "S lanes", ha="center", color=ORANGE)
    matrix.text(-0.08, -0.5, "P units", ha="right", va="center", color=ORANGE)
    matrix.text(2.5, 0.12, "inputs, in C = 4 chunks", ha="center", color=GREY)
    matrix.text(4.12, -1, "neurons,\nin Q = 2\npasses", va="center", color=GREY)
    matrix.set(xlim=(-0.9, 5.2), ylim=(-2.1, 0.4))
    matrix.axis("off")
    for slot in range(chunks * passes):
        time.add_patch(Rectangle((slot, 0), 0.96, 0.8, fc=shades[slot], ec="none"))
        time.text(slot + 0.48, 0.4, str(slot), ha="center", va="center", fontsize=12)
    for q in range(passes):
        time.annotate("", ((q + 1) * chunks, 1.0), (q * chunks, 1.0), arrowprops={"arrowstyle": "<->", "color": GREY})
        time.text((q + 0.5) * chunks, 1.1, f"pass {q}", ha="center", color=GREY)
        _arrow(time, (q + 1) * chunks - 0.02, -0.05, (q + 1) * chunks - 0.02, -0.55)
    time.text(4, -0.82, "sums of P neurons meet their thresholds", ha="right", color=GREY, fontsize=9)
    time.text(8, -0.82, "and those of the next P", ha="right", color=GREY, fontsize=9)
    time.annotate("L steps: S fresh random numbers\nfor x, and S for w, in each", (0.48, 0.8), (0.1, 1.75),
                  color=ORANGE, fontsize=9, arrowprops={"arrowstyle": "-", "color": ORANGE})
    time.set(xlim=(-0.1, 8.4), ylim=(-1, 2.3))
    time.axis("off")
    return figure


def digits() -> plt.Figure:
    """Ten digits with the scores of all classes."""
    images = embedded_images()[:10]
    network = spinsc.load_network("mlp1-k5")
    found = evaluate(network, images.images, parse_rng("smtj", network, images=10))
    figure, axes = plt.subplots(2, 10, figsize=(10, 2.6), height_ratios=(1, 1.1), layout="constrained")
    for n in range(10):
        axes[0, n].imshow(images.images[n].reshape(28, 28), cmap="Greys")
        axes[0, n].axis("off")
        scores = found.scores[n]
        colours = [GREEN if k == found.classes[n] else "#9aa5af" for k in range(10)]
        axes[1, n].bar(range(10), scores - scores.min(), color=colours)
        axes[1, n].set(xticks=[int(found.classes[n])], yticks=[])
        axes[1, n].spines[["top", "right", "left"]].set_visible(False)
    axes[1, 0].set_ylabel("score")
    return figure


def thresholds() -> plt.Figure:
    """Where the sums of one neuron fall, and what becomes of them."""
    network = spinsc.load_network("mlp1-k5")
    images = embedded_images()
    found = evaluate(network, images.images, parse_rng("smtj", network, images=len(images)))
    neuron = 79
    levels = network.layers[0].outcome_integers(network.length)[neuron]
    figure, ax = plt.subplots(figsize=(10, 2.8), layout="constrained")
    sums = found.accumulators[0][:, neuron]
    ax.hist(sums, 80, color=BLUE, alpha=0.75)
    for level in levels:
        ax.axvline(level, color=ORANGE, lw=1.5)
    edges = [sums.min(), *levels, sums.max()]
    for k in range(len(levels) + 1):
        ax.text((edges[k] + edges[k + 1]) / 2, ax.get_ylim()[1] * 1.03, f"state {k}" if k in (0, 4) else str(k),
                ha="center", color=ORANGE)
    ax.set(xlabel=f"ones counted by neuron {neuron} of the hidden layer, of 784 x 100", ylabel="of 1,000 digits")
    ax.spines[["top", "right"]].set_visible(False)
    return figure


FIGURES = (overview, junction, streams, folding, digits, thresholds)


def draw(folder: Path) -> list[Path]:
    """All figures as SVG files; their names are those of the functions."""
    matplotlib.use("Agg")
    matplotlib.rcParams |= {"svg.hashsalt": "spinsc", "svg.fonttype": "path", "font.size": 10,
                            "axes.edgecolor": GREY, "savefig.facecolor": "white"}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for make in FIGURES:
        figure = make()
        written.append(folder / f"{make.__name__}.svg")
        figure.savefig(written[-1], metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return written


def _canvas(width: float, height: float) -> tuple[plt.Figure, Axes]:
    figure = plt.figure(figsize=(width * 0.85, height * 0.85))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return figure, ax


def _box(ax: Axes, x: float, y: float, width: float, height: float, title: str) -> None:
    ax.add_patch(FancyBboxPatch((x + 0.08, y + 0.08), width - 0.16, height - 0.16, boxstyle="round,pad=0.08",
                                fc="white", ec=GREY))
    ax.text(x + width / 2, y + height - 0.28, title, ha="center", va="center", fontsize=10, color=GREY)


def _arrow(ax: Axes, x0: float, y0: float, x1: float, y1: float) -> None:
    ax.add_patch(FancyArrowPatch((x0, y0), (x1, y1), arrowstyle="-|>", mutation_scale=14, color=GREY, lw=1.3))


def _trace(ax: Axes, bits: Bits, x: float, y: float, width: float, height: float, colour: str) -> None:
    ax.step(x + width * np.arange(len(bits)) / (len(bits) - 1), y - height / 2 + height * bits, where="post",
            color=colour, lw=1.3)


if __name__ == "__main__":
    print(*draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures"), sep="\n")
