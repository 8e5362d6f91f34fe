"""The verdict on recordings against what they cost: synthetic recordings of all kinds, networks of both K.

The verdict looks at 1,000 test images and 16 images' worth of bits; what is found is the accuracy on all 10,000 test
images with all bits of the recording, against ideal ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spinsc.files import write_atomically
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.network import Network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.verdict import TOLERATED_LOSS, judge
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.evaluation import digest_of, percent_right, shipped
from spinsc.sim.studies.report import COLOURS, duration, new_figure, save_figure
from spinsc.sim.studies.synthetic import KINDS, make

#: Network and plan; recordings of tuned junctions are those of the last.
NETWORKS = (("mlp1-k5", ""), ("mlp1-k11", ""), ("mlp1-k5", "tuned"))
TUNED = ("fine", "correlated", "biased", "spread", "misread", "stuck")
IDEAL_PERIOD = 64


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None) -> str:
    """Judge what ``out`` lacks, write ``results.json``, a table and a figure, and return the table.

    Parameters
    ----------
    out : Path
    seeds : int
        Recordings of each kind and strength.
    jobs, scheduler
        See `cells.run_cells`.
    """
    results = Results(out / RESULTS)
    cells = {}
    for network, plan in NETWORKS:
        for kind, strengths in KINDS.items():
            if plan and kind not in TUNED:
                continue
            for strength in strengths:
                cells[network, plan, kind, strength] = [Cell(f"{__name__}:measure", {
                    "network": network, "plan": plan, "kind": kind, "strength": strength, "seed": seed,
                    "digest": digest_of(network)}) for seed in range(seeds)]
    chosen = [cell for group in cells.values() for cell in group]
    run_cells(chosen, results, jobs=jobs, scheduler=scheduler)
    found = {key: [results[cell] for cell in group] for key, group in cells.items()}
    text = f"{summary(found)}\n\n{table(found)}"
    write_atomically(out / "verdict.md", f"{text}\n".encode())
    draw(found, out / "verdict.png")
    effort = f"{len(chosen)} recordings, {duration(sum(map(results.seconds, chosen)))} of one core"
    return f"{text}\n\n{effort}\n\nWritten to {out}: {RESULTS}, verdict.md, verdict.png"


def measure(network: str, plan: str, kind: str, strength: float, seed: int, digest: str = "") -> dict[str, Any]:
    """Cell: the verdict on a recording, and the loss that is found."""
    chosen = shipped(network, digest)
    if plan:
        chosen = chosen.with_plan(plan)
    streams = RecordedStreams(make(kind, chosen, strength, seed), chosen)
    test = embedded_images(chosen.dataset)
    verdict = judge(streams, test.images, test.labels)
    return {"loss": round(verdict.loss.points, 3), "error": round(verdict.loss.error, 3), "good": verdict.good,
            "limit": verdict.limit, "found": round(_ideal(chosen) - percent_right(chosen, streams), 3)}


def _ideal(network: Network) -> float:
    return percent_right(network, IdealStreams(network, 0, IDEAL_PERIOD))


Found = Mapping[tuple[str, str, str, float], Sequence[Mapping[str, Any]]]


def summary(found: Found) -> str:
    """How often the verdict is right, in a sentence."""
    every = [entry for entries in found.values() for entry in entries]
    good = [entry for entry in every if entry["good"]]
    wrong = [entry for entry in good if entry["found"] > TOLERATED_LOSS + entry["error"]]
    needless = [entry for entry in every if not entry["good"] and entry["found"] < TOLERATED_LOSS - entry["error"]]
    return (f"Of {len(every)} recordings {len(good)} are called good enough; of these, {len(wrong)} cost more than "
            f"{TOLERATED_LOSS} points and the stated error. {len(needless)} of the others cost less than "
            f"{TOLERATED_LOSS} points by more than the error.")


def table(found: Found) -> str:
    """For each kind and strength the losses, stated and found, and what the verdict says limits it."""
    rows = []
    for (network, plan, kind, strength), entries in found.items():
        first = entries[0]
        rows.append([kind, f"{strength:g}", f"{network}{', ' if plan else ''}{plan}",
                     ", ".join("good" if entry["good"] else "not good" for entry in entries),
                     ", ".join(f"{entry['loss']:.2f} ± {entry['error']:.2f}" for entry in entries),
                     ", ".join(f"{entry['found']:.2f}" for entry in entries), first["limit"].split(" (")[0] or "-"])
    return markdown(["kind", "strength", "network", "good enough", "loss stated", "loss found", "limited by"], rows)


def draw(found: Found, path: Path) -> None:
    """Loss found over loss stated, with the stated errors."""
    figure, axes = new_figure(7.2, 5.2)
    limit = 100.0
    axes.plot([0, limit], [0, limit], color="0.5", lw=0.8)
    axes.axvspan(-1, TOLERATED_LOSS, color=COLOURS[2], alpha=0.1, lw=0, label="called good enough")
    for number, (network, plan) in enumerate(NETWORKS):
        entries = [entry for key, group in found.items() if key[:2] == (network, plan) for entry in group]
        axes.errorbar([entry["loss"] for entry in entries], [entry["found"] for entry in entries],
                      xerr=[entry["error"] for entry in entries], fmt="osD"[number], ms=3.5, lw=0, elinewidth=0.7,
                      color=COLOURS[number], label=f"{network}{', ' if plan else ''}{plan}")
    for scale in ("x", "y"):
        getattr(axes, f"set_{scale}scale")("symlog", linthresh=1)
        ticks = [0, 0.5, 1, 2, 5, 10, 20, 50, 100]
        getattr(axes, f"set_{scale}ticks")(ticks, [f"{tick:g}" for tick in ticks])
    axes.set(xlim=(-0.6, limit), ylim=(-0.6, limit), xlabel="loss stated by the verdict, points (bars: its error)",
             ylabel="loss found on 10,000 images, points")
    axes.axhline(TOLERATED_LOSS, color="0.5", lw=0.8, ls=":")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    save_figure(figure, path)
