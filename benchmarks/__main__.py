"""Command line of the benchmarks."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import build, cosimulation, golden, scaling, training
from benchmarks.table import Part, Row, conditions, describe, judged, load, markdown, save, text

Outcome = tuple[list[Row], dict[str, Any]]


def _scaling(quick: bool) -> Outcome:
    data = scaling.benchmark(quick)
    return [Row(f"{scaling.METRICS[metric][0]} over {scaling.LABELS[parameter]}", exponent, "exponent")
            for metric, exponents in data["exponents"].items() for parameter, exponent in exponents.items()], data


PARTS: dict[str, Callable[[bool], Outcome]] = {
    "golden": lambda quick: (golden.benchmark(quick), {}),
    "cosim": lambda quick: (cosimulation.benchmark(quick), {}),
    "build": build.benchmark,
    "training": lambda quick: (training.benchmark(quick), {}),
    "scaling": _scaling}


def main(arguments: list[str] | None = None) -> int:
    """Run some parts, print their tables, keep the results as JSON and the scaling also as pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part (may be repeated; default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer images, repetitions and points")
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="folder (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="measure nothing, print the tables of the folder")
    options = parser.parse_args(arguments)
    if options.markdown:
        for part in load(options.output):
            print(f"{describe(part)}\n\n{markdown(part.rows)}\n")
        return 0
    for name in options.only or PARTS:
        part = Part(name, conditions(options.quick))
        print(describe(part), flush=True)
        start = time.perf_counter()
        part.rows, part.data = PARTS[name](options.quick)
        save(part, options.output)
        if name == "scaling":
            for metric in scaling.METRICS:
                scaling.plot(part.data, metric, options.output / f"{metric}.png")
        print(f"{text(part.rows)}\n{time.perf_counter() - start:.0f} s\n", flush=True)
    targets = judged(load(options.output))
    print(f"All targets, of this run and of earlier ones in {options.output}: "
          f"{sum(row.met is True for row in targets)} of {len(targets)} met\n\n{text(targets)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
