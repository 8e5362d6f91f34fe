"""Settings of a training of seconds, and what several tests do to one."""

from __future__ import annotations

import pytest

from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.quantization import QuantizedNetwork

SMALL = TrainingConfig((12, 9), states=5, length=20, epochs=3, seed=4, batch_size=100, validation_images=200)


def interrupt_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, done = QuantizedNetwork.clamp_weights, [0]

    def clamp_weights(self: QuantizedNetwork) -> None:
        done[0] += 1
        if done[0] == step:
            raise KeyboardInterrupt
        real(self)

    monkeypatch.setattr(QuantizedNetwork, "clamp_weights", clamp_weights)
