"""Command line of the benchmarks."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import avx2, build, commands, cosimulation, golden, scaling, training
from benchmarks.table import (
    Part,
    Row,
    conditions,
    describe,
    judged,
    load,
    markdown,
    save,
    side_by_side,
    text,
)

Outcome = tuple[list[Row], dict[str, Any]]


def _scaling(quick: bool) -> Outcome:
    data = scaling.benchmark(quick)
    return [Row(f"{scaling.METRICS[metric][0]} over {scaling.LABELS[parameter]}", exponent, "exponent")
            for metric, exponents in data["exponents"].items() for parameter, exponent in exponents.items()], data


PARTS: dict[str, Callable[[bool], Outcome]] = {
    "golden": golden.benchmark,
    f"golden{avx2.SUFFIX}": partial(avx2.measure, "golden"),
    "cosim": lambda quick: (cosimulation.benchmark(quick), {}),
    f"cosim{avx2.SUFFIX}": lambda quick: (cosimulation.benchmark(quick, avx2.COMPILER_OPTION), {}),
    "build": build.benchmark,
    "commands": lambda quick: (commands.benchmark(quick), {}),
    "training": lambda quick: (training.benchmark(quick), {}),
    f"training{avx2.SUFFIX}": partial(avx2.measure, "training"),
    "scaling": _scaling}


def main(arguments: list[str] | None = None) -> int:
    """Run some parts, print their tables, keep the results as JSON and the scaling also as pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part (may be repeated; default: all "
                        f"that this processor can tell apart; those with {avx2.SUFFIX} need AVX-512)")
    parser.add_argument("--quick", action="store_true", help="fewer images, repetitions and points")
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="folder (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="measure nothing, print the tables of the folder")
    options = parser.parse_args(arguments)
    if options.markdown:
        print_markdown(load(options.output))
        return 0
    for name in options.only or [name for name in PARTS if not name.endswith(avx2.SUFFIX) or avx2.possible()]:
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


def print_markdown(parts: list[Part]) -> None:
    """Tables of all parts; what was measured with AVX2 alone stands beside what was measured with all instructions."""
    by_name = {part.name: part for part in parts}
    for name, part in by_name.items():
        twin = by_name.get(name + avx2.SUFFIX)
        if twin:
            print(f"{describe(part)}\n\n{describe(twin)}\n\n{side_by_side(part.rows, twin.rows, 'AVX2 only')}\n")
        elif name.removesuffix(avx2.SUFFIX) not in by_name or not name.endswith(avx2.SUFFIX):
            print(f"{describe(part)}\n\n{markdown(part.rows)}\n")


if __name__ == "__main__":
    sys.exit(main())
