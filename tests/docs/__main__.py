"""Run the commands that the documents show: ``python -m tests.docs [PAGE ...]``, by default all pages.

Each page has a folder in ``build/docs-test``, which is made anew. What is wrong is printed with its page and line, and
the exit code is then 1.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.docs.commands import ROOT, blocks, pages, run


def main(names: list[str]) -> int:
    """Run the blocks of some pages, or all."""
    failed = 0
    for page in [ROOT / name for name in names] or pages():
        if all(block.reason for block in blocks(page)):
            continue
        folder = ROOT / "build" / "docs-test" / "-".join(page.relative_to(ROOT).with_suffix("").parts)
        shutil.rmtree(folder, ignore_errors=True)
        for outcome in run(page, folder):
            good = outcome.code == outcome.block.code
            failed += not good
            print(f"{outcome.block}: {'passed' if good else f'FAILED, exit code {outcome.code}'} "
                  f"({outcome.cpu_s:.1f} s of CPU, {outcome.seconds:.1f} s)", flush=True)
            if not good:
                said = [*outcome.block.commands.splitlines(), *outcome.output.splitlines()[-15:]]
                print("    " + "\n    ".join(said))
    print(f"{failed} blocks failed" if failed else "all passed")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main([str(Path(name).resolve().relative_to(ROOT)) for name in sys.argv[1:]]))
