"""What the tests of the command line use: a small network, image files, damaged files, missing tools."""

import json
import shutil

import numpy as np

from spinsc.models.builders import random_network
from spinsc.models.layer import Folding

# 784 inputs in 14 chunks of 56, so an image is 14 * 6 steps of the first layer
SMALL = random_network((784, 5, 10), input_states=3, weight_states=3, activation_states=3, length=6, seed=3,
                       folding=[Folding(56, 3), Folding(5, 10)])


def write_idx(folder, stem, images, labels):
    for kind, array in (("images-idx3", images), ("labels-idx1", labels.astype(np.uint8))):
        header = np.array([0x800 + array.ndim, *array.shape], ">u4").tobytes()
        (folder / f"{stem}-{kind}-ubyte").write_bytes(header + array.tobytes())


def rewritten(path, target, meta=None, **arrays):
    """Copy a network file with some entries changed."""
    with np.load(path) as archive:
        data = {name: archive[name] for name in archive.files}
    facts = json.loads(data["meta"].tobytes())
    if meta is not None:
        meta(facts)
    data |= arrays | {"meta": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
    np.savez(target, **data)


def without(monkeypatch, *tools):
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *rest, **more: (
        None if name in tools else found(name, *rest, **more)))
