"""Processes whose libraries see a processor with fewer instructions than this one has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import avx2

#: Of torch, and variables for oneDNN and numba.
INSTRUCTION_SETS = [
    ("DEFAULT", {"ONEDNN_MAX_CPU_ISA": "AVX2", "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}),
    ("AVX2", avx2.ENVIRONMENT),
    ("AVX512", {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}), ("AVX512", {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_VNNI"})]
_CAPABILITIES = ("DEFAULT", "AVX2", "AVX512")


def with_fewer_instructions(capability: str, environment: dict[str, str], code: str) -> list[str]:
    """Words that a program prints in a process of its own; skips the test where the processor has less than that."""
    here = torch.backends.cpu.get_cpu_capability()
    # no processor runs instructions that it lacks; DEFAULT runs on all, and the machines of CI have the others
    if here not in _CAPABILITIES or _CAPABILITIES.index(here) < _CAPABILITIES.index(capability):
        pytest.skip(f"{capability} is more than this processor has ({here})")
    environment = os.environ | environment | {"ATEN_CPU_CAPABILITY": capability.lower()}
    code = f"import torch; print(torch.backends.cpu.get_cpu_capability())\n{code}"
    found, *words = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], env=environment,
                                   capture_output=True, text=True, check=True).stdout.split()
    assert found == capability
    return words
