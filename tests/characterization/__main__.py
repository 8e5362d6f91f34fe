"""Compare everything with the recorded hashes, or record them."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.characterization import NAMES, RECORDED, characterize, combinations, recorded


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.characterization", description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, help="networks; by default all")
    parser.add_argument("--record", action="store_true", help="write the hashes instead of comparing")
    options = parser.parse_args()
    known, differ = recorded() if RECORDED.exists() else {}, 0
    with tempfile.TemporaryDirectory(prefix="spinsc-") as folder:
        for combination in combinations(options.names):
            key, found = " ".join(combination), characterize(*combination, Path(folder))
            same = known.get(key) == found
            differ += not same
            print(f"{'same' if same else 'DIFFERS'}  {key}", flush=True)
            known[key] = found
    if options.record:
        RECORDED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        return 0
    print("nothing differs" if not differ else f"{differ} DIFFER: record them if that was meant (--record)")
    return min(differ, 1)


if __name__ == "__main__":
    sys.exit(main())
