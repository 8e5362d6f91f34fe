"""``python -m tests.mutation``: co-simulation on many mutants of several networks; ends with 1 if any survives."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from pathlib import Path

from tests.mutation import table
from tests.mutation.campaign import EQUIVALENT, KILLED, SURVIVED, Campaign, Result
from tests.mutation.named import NAMED
from tests.mutation.named import SHAPE as NAMED_SHAPE
from tests.mutation.shapes import SHAPES

#: Mutants of each shape.
MUTANTS = 145


def main() -> int:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--shape", action="append", choices=SHAPES, help="only this network (may be given repeatedly)")
    parser.add_argument("--mutants", type=int, default=MUTANTS, metavar="N",
                        help="of each network (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="which mutants are chosen (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="simulations at a time")
    parser.add_argument("--folder", type=Path, default=Path("build/mutation"),
                        help="what is found is kept there, so that an interrupted run goes on (default %(default)s)")
    parser.add_argument("--record", action="store_true", help=f"write {table.RECORD.relative_to(table.ROOT)} and the "
                                                              f"table of {table.PAGE.relative_to(table.ROOT)}")
    given = parser.parse_args()
    if given.record and (given.shape or given.mutants != MUTANTS or given.seed):
        parser.error("--record is of all networks and the default mutants")
    given.folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    found = {}
    for name in given.shape or SHAPES:
        campaign = Campaign(SHAPES[name], given.folder, given.jobs)
        mutants = campaign.design.choose(given.mutants, given.seed, NAMED if name == NAMED_SHAPE else ())
        found[name] = campaign.run(mutants, lambda line: print(line, flush=True))
        if name == NAMED_SHAPE:
            for fault, result in zip(NAMED, found[name], strict=False):
                print(f"{fault.name}: {result.verdict}, {result.by}: {result.detail}", flush=True)
        print(f"{name}: {_counts(found[name])}", flush=True)
    every = [result for results in found.values() for result in results]
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(used.ru_utime + used.ru_stime for used in usage)
    print(f"all: {_counts(every)}; {time.monotonic() - started:.0f} s, {cpu:.0f} s of processors")
    if given.record:
        table.save(table.summary(found))
    survivors = [result for result in every if result.verdict == SURVIVED]
    for result in survivors:
        print(f"SURVIVED: {result.name} ({result.by})")
    return 1 if survivors else 0


def _counts(results: list[Result]) -> str:
    return f"{len(results)} mutants, " + ", ".join(
        f"{sum(result.verdict == verdict for result in results)} {verdict}"
        for verdict in (KILLED, EQUIVALENT, SURVIVED))


if __name__ == "__main__":
    sys.exit(main())
