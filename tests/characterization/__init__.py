"""What `spinsc emit` writes and `spinsc eval` computes, as hashes that were recorded once.

A change that is meant to change no bit is held to them: ``python -m tests.characterization`` compares all of them (in
a few minutes), the tests some. A change that is meant to change bits records them again (``--record``), and the
difference in ``recorded.json`` shows in review what it changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.models.data.catalogue import embedded_images
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.network import Network
from spinsc.models.shipped import SHIPPED, load_network
from spinsc.sim.cli.main import main
from spinsc.sim.cosim.regression import UNTRAINED
from spinsc.sim.recordings.sources import parse_rng

RECORDED = Path(__file__).parent / "recorded.json"
NAMES = (*(shipped.name for shipped in SHIPPED), *UNTRAINED)
SOURCES = ("ports", "lfsr", "replay")
RANDOM_BITS = ("smtj", "lfsr", "ideal")
#: LFSRs do not suit its tuned junctions.
REFUSED = (("planned", "lfsr"),)
NEED_LONGER_RECORDINGS = ("mlp3-k11", "odd", "planned")


def named_network(name: str) -> Network:
    """A shipped network, or an untrained one of the regression."""
    return UNTRAINED[name]() if name in UNTRAINED else load_network(name)


def emitted(name: str, source: str, folder: Path) -> dict[str, str]:
    """Hash of each part of an emitted folder, over the names and contents of its files."""
    network, out, bits = folder / f"{name}.npz", folder / f"{name}-{source}", folder / f"{name}-bits.npz"
    named_network(name).save(network)
    options: list[str] = []
    if source == "replay":
        options = ["--recording", "default", "--split"]
        if name in NEED_LONGER_RECORDINGS:
            _spinsc("recording", "simulate", "--network", network, "--images", 1, "--seed", 1, "--out", bits)
            options = ["--recording", str(bits)]
    _spinsc("emit", network, "-o", out, "--rng", source, *options)
    parts: dict[str, Any] = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        relative = path.relative_to(out)
        digest = parts.setdefault(relative.parts[0], hashlib.sha256())
        digest.update(f"{relative} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return {part: digest.hexdigest() for part, digest in sorted(parts.items())}


def _spinsc(*arguments: object) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        code = main([str(argument) for argument in arguments])
    if code:
        raise RuntimeError(f"spinsc {' '.join(map(str, arguments))} ended with {code}")


def evaluated(name: str, random_bits: str) -> str:
    """Hash of all integers of the golden model for the 1,000 images in the package."""
    network = named_network(name)
    images = embedded_images(network.dataset).images
    trace = evaluate(network, images, parse_rng(random_bits, network, images=len(images), repeat=True))
    digest = hashlib.sha256()
    for array in (trace.input_states, *trace.accumulators, *trace.states, trace.scores, trace.classes):
        digest.update(f"{array.dtype.str}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def combinations(names: Sequence[str] = NAMES) -> list[tuple[str, str, str]]:
    """("emit", network, source) and ("eval", network, random bits) of all that there are."""
    return [*(("emit", name, source) for name in names for source in SOURCES if (name, source) not in REFUSED),
            *(("eval", name, bits) for name in names for bits in RANDOM_BITS if (name, bits) not in REFUSED)]


def characterize(kind: str, name: str, what: str, folder: Path) -> Any:
    """Hashes of one of the `combinations`."""
    return emitted(name, what, folder) if kind == "emit" else evaluated(name, what)


def recorded() -> dict[str, Any]:
    """The hashes that were recorded."""
    known: dict[str, Any] = json.loads(RECORDED.read_text())
    return known
