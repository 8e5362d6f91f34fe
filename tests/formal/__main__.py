"""Prove all claims, and show that each is refuted where a bit of its component is inverted."""

from __future__ import annotations

import argparse
import sys

from tests.formal.catalogue import claims, small_network
from tests.formal.prover import decide

#: Changes of a component that are tried until one is refuted: some change nothing that can be seen.
MUTANTS = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.formal", description=__doc__)
    parser.add_argument("names", nargs="*", help="words of the names of claims; by default all")
    parser.add_argument("--limit", type=int, default=600, help="processor time of ABC, in seconds (default: 600)")
    options = parser.parse_args()
    wrong = 0
    with small_network() as network:
        for name, (claim, broken) in claims(network).items():
            if options.names and not any(word in name for word in options.names):
                continue
            verdict = decide(claim(), limit_s=options.limit)
            changed = iter([decide(broken(), limit_s=options.limit)]) if broken is not None else (
                decide(claim(), mutant=seed, limit_s=options.limit) for seed in range(1, MUTANTS + 1))
            control = next((number for number, one in enumerate(changed, 1) if one.refuted), None)
            good = verdict.proved and control is not None
            wrong += not good
            print(f"{'ok ' if good else 'BAD'}  {name}: {verdict} in {verdict.seconds:.1f} s; "
                  + ("no broken one refuted" if control is None else f"broken one {control} refuted"), flush=True)
    print("all hold" if not wrong else f"{wrong} DO NOT HOLD, or were not decided")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
