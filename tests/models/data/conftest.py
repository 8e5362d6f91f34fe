"""Small sets of images, as files of every kind, and a machine that has no other."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from spinsc.models.data import sources
from spinsc.models.data.catalogue import DATASETS
from spinsc.models.data.images import Images
from tests.models.data.files import NAMES, idx_files


@pytest.fixture
def few() -> Images:
    rng = np.random.default_rng(1)
    return Images(rng.integers(0, 256, (7, 784), dtype=np.uint8), np.arange(7, dtype=np.uint8), "made here")


@pytest.fixture
def isolated(tmp_path: Path, few: Images, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no package, no network, and `few` as the canonical training sets; returns the folder of all."""
    monkeypatch.setattr(sources.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda _: None)
    hashes = {name: hashlib.sha256(content).hexdigest()
              for name, content in zip(NAMES["train"], idx_files(few), strict=True)}
    for name, known in DATASETS.items():
        folder = str(tmp_path / "system") if known.folder else ""
        monkeypatch.setitem(DATASETS, name,
                            dataclasses.replace(known, digests=known.digests | hashes, folder=folder))

    def refuse(*_: object, **__: object) -> str:
        raise ConnectionError("no route")

    monkeypatch.setattr("pooch.retrieve", refuse)
    return tmp_path
