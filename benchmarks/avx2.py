"""Parts measured once more, in a process whose libraries see a processor that has AVX2 and nothing newer."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.table import Row, load

SUFFIX = "-avx2"

#: Of the C++ compiler.
COMPILER_OPTION = "-march=x86-64-v3"

# of torch, oneDNN, MKL and numba; NumPy is left as it is, for it computes nothing here that takes time
ENVIRONMENT = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
               "NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}

# Where a processor has no VNNI, torch multiplies bytes by a loop of its own; it asks the processor and no variable.
_PROGRAM = """
import sys, torch
torch._C._set_mkldnn_enabled(False)
from benchmarks.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def possible() -> bool:
    """Whether this processor has more than AVX2, so that there is something to leave out."""
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


def measure(part: str, quick: bool) -> tuple[list[Row], dict[str, Any]]:
    """Rows and data of a part, as measured there."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _PROGRAM, "--only", part, "--output", folder, *["--quick"] * quick],
                       cwd=Path(__file__).parent.parent, env=os.environ | ENVIRONMENT, stdout=subprocess.DEVNULL,
                       check=True)
        found, = load(Path(folder))
    return found.rows, found.data
