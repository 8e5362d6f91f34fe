"""Settings that are refused."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from spinsc.errors import InputError
from tests.models.training.small import SMALL


@pytest.mark.parametrize("wrong", [
    {"states": 1}, {"states": 257}, {"length": 0}, {"epochs": 0}, {"seed": -1}, {"hidden": (5, 0)}, {"batch_size": 1},
    {"learning_rate": 0.0}, {"augmentation": -1.0}, {"device": "toaster"}, {"device": "meta"}, {"threads": 0},
    {"validation_images": 0}, {"noise": "white"},
])
def test_wrong_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        dataclasses.replace(SMALL, **wrong)  # type: ignore[arg-type]


def test_absent_device() -> None:
    absent = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(InputError, match=f"'{absent}' is not available"):
        dataclasses.replace(SMALL, device=absent)
