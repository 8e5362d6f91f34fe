"""Files of a training: the checkpoint from which it goes on, and the weights from which another one can begin."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, cast

from spinsc.errors import InputError
from spinsc.files import write_atomically

CHECKPOINT_VERSION = 4
STATE_VERSION = 2

_KEEP_STATE = "give a file that 'spinsc train --keep-state' wrote"


def checkpoint_path(out: Path) -> Path:
    """Where the training of the artifact ``out`` keeps its state until it ends."""
    return out.with_name(out.name + ".checkpoint")


def state_path(out: str | os.PathLike[str]) -> Path:
    """Where the training of the artifact ``out`` keeps its real-valued weights, on request."""
    return Path(out).with_suffix(".state")


def save_checkpoint(path: Path, key: dict[str, Any], state: dict[str, Any]) -> None:
    """Write the state of a training; ``key`` is what the run that goes on must have in common with this one."""
    _save(path, key | {"version": CHECKPOINT_VERSION, "state": state})


def load_checkpoint(path: Path, key: dict[str, Any]) -> dict[str, Any]:
    """The state that `save_checkpoint` wrote.

    Raises
    ------
    InputError
        If the file is damaged, or of another key.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror}); delete it to begin again") from None
    found = _unpickled(content, f"{path} is not a readable checkpoint", "delete it to begin again")
    differing = [name for name, value in ({"version": CHECKPOINT_VERSION} | key).items() if found.get(name) != value]
    if differing or "state" not in found:
        raise InputError(f"{path} is from a run of other settings ({', '.join(differing)}); "
                         "delete it to begin again, or give another output file")
    return cast(dict[str, Any], found["state"])


def save_weights(path: Path, identity: dict[str, Any], weights: dict[str, Any]) -> None:
    """Write real-valued weights; ``identity`` is what a training that begins there must have in common."""
    _save(path, {"version": STATE_VERSION} | identity | {"model": weights})


def read_start(path: str) -> bytes:
    """Content of the file of `save_weights` from which a training begins."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the state {path} ({error.strerror}); {_KEEP_STATE}") from None


def weights_of(content: bytes, path: str, identity: dict[str, Any]) -> dict[str, Any]:
    """The weights in the content of a file; `InputError` where it is damaged, or of another identity."""
    found = _unpickled(content, f"{path} is not a readable state", _KEEP_STATE)
    differing = [f"{name} {found.get(name)}, not {value}"
                 for name, value in ({"version": STATE_VERSION} | identity).items() if found.get(name) != value]
    if differing or "model" not in found:
        raise InputError(f"the state {path} is of another network ({'; '.join(differing) or 'no weights'}); "
                         "give one that was trained with the same --hidden, --states and --seed")
    return cast(dict[str, Any], found["model"])


def _save(path: Path, content: dict[str, Any]) -> None:
    import torch  # only here: those who want a file's name need it not

    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomically(path, buffer.getvalue())


def _unpickled(content: bytes, problem: str, remedy: str) -> dict[str, Any]:
    import torch

    try:
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(found, dict):
            raise TypeError
    except Exception as error:  # bytes of another kind make an unpickler raise anything
        raise InputError(f"{problem} ({type(error).__name__}); {remedy}") from None
    return found
