"""Trainings that go on from a checkpoint or begin with the weights of another: the same bits, or an error."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.models.data.images import Images
from spinsc.models.training.checkpoint import state_path
from spinsc.models.training.config import fine_tuning
from spinsc.models.training.trainer import train_on
from tests.models.training.small import SMALL, interrupt_at


def test_interrupted_training_resumes_to_the_same_bits(tmp_path: Path, digits: Images,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    train_on(SMALL, digits, digits, tmp_path / "whole.npz", progress=False)
    out = tmp_path / "resumed.npz"
    for step in (4, 8 + 5, 8 + 2):  # steps of this process: within epoch 1, within 2 and, resumed, within 3
        with monkeypatch.context() as patch:
            interrupt_at(step, patch)
            with pytest.raises(KeyboardInterrupt, match="nothing was written" if step == 4 else "goes on from"):
                train_on(SMALL, digits, digits, out, progress=False)
        assert not out.exists()
    train_on(SMALL, digits, digits, out, progress=False)
    assert out.read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["resumed.npz", "whole.npz"]


def test_foreign_and_damaged_checkpoints(tmp_path: Path, digits: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "n.npz"
    with monkeypatch.context() as patch:
        interrupt_at(9, patch)
        with pytest.raises(KeyboardInterrupt):
            train_on(SMALL, digits, digits, out, progress=False)
    with pytest.raises(InputError, match="other settings"):
        train_on(dataclasses.replace(SMALL, seed=5), digits, digits, out, progress=False)
    for other in (Images(digits.images[::-1], digits.labels, ""), Images(digits.images, digits.labels[::-1], "")):
        with pytest.raises(InputError, match="other settings"):
            train_on(SMALL, other, digits, out, progress=False)
    checkpoint = tmp_path / "n.npz.checkpoint"
    for content in (b"", b"junk", checkpoint.read_bytes()[:-1000]):
        checkpoint.write_bytes(content)
        with pytest.raises(InputError, match="delete it"):
            train_on(SMALL, digits, digits, out, progress=False)


def test_fine_tuning_begins_with_a_state(tmp_path: Path, digits: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    base = dataclasses.replace(SMALL, epochs=8)
    plain = train_on(base, digits, digits, tmp_path / "plain.npz", progress=False)
    network = train_on(base, digits, digits, tmp_path / "base.npz", keep_state=True, progress=False)
    assert network.hash == plain.hash
    assert not state_path(tmp_path / "plain.npz").exists()
    config = fine_tuning(base, length=5, start=state_path(tmp_path / "base.npz"), epochs=2)
    tuned = train_on(config, digits, digits, tmp_path / "tuned.npz", progress=False)
    assert tuned.length == 5
    assert tuned.provenance["command"].endswith(f"--epochs 2 --seed 4 --batch-size {config.batch_size} "
                                                f"--learning-rate {config.learning_rate} "
                                                f"--augmentation {config.augmentation} "
                                                f"--validation-images {config.validation_images} "
                                                f"--start {tmp_path / 'base.state'}")
    fresh = train_on(dataclasses.replace(config, start=""), digits, digits, tmp_path / "fresh.npz", progress=False)
    assert tuned.provenance["validation_accuracy_percent"] > fresh.provenance["validation_accuracy_percent"] + 10

    with monkeypatch.context() as patch:  # an interrupted one goes on, but not from another start
        interrupt_at(9, patch)
        with pytest.raises(KeyboardInterrupt, match="goes on from"):
            train_on(config, digits, digits, tmp_path / "again.npz", progress=False)
    other = train_on(dataclasses.replace(base, length=30), digits, digits, tmp_path / "other.npz", keep_state=True,
                     progress=False)
    assert other.hash != network.hash
    kept = state_path(tmp_path / "base.npz").read_bytes()
    state_path(tmp_path / "base.npz").write_bytes(state_path(tmp_path / "other.npz").read_bytes())
    with pytest.raises(InputError, match=r"other settings \(start\)"):
        train_on(config, digits, digits, tmp_path / "again.npz", progress=False)
    state_path(tmp_path / "base.npz").write_bytes(kept)
    train_on(config, digits, digits, tmp_path / "again.npz", progress=False)
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "tuned.npz").read_bytes()


def test_foreign_and_damaged_starts(tmp_path: Path, digits: Images) -> None:
    train_on(dataclasses.replace(SMALL, epochs=1), digits, digits, tmp_path / "base.npz", keep_state=True,
             progress=False)
    state = state_path(tmp_path / "base.npz")
    for setting, value in (("hidden", (12, 8)), ("states", 3), ("seed", 5)):
        with pytest.raises(InputError, match="of another network"):
            train_on(dataclasses.replace(SMALL, start=str(state), **{setting: value}),  # type: ignore[arg-type]
                     digits, digits, tmp_path / "n.npz", progress=False)
    for content in (b"", b"junk", state.read_bytes()[:-1000], (tmp_path / "base.npz").read_bytes()):
        state.write_bytes(content)
        with pytest.raises(InputError, match="is not a readable state"):
            train_on(dataclasses.replace(SMALL, start=str(state)), digits, digits, tmp_path / "n.npz", progress=False)
    with pytest.raises(InputError, match="cannot read the state"):
        train_on(dataclasses.replace(SMALL, start=str(tmp_path)), digits, digits, tmp_path / "n.npz", progress=False)
    assert not (tmp_path / "n.npz").exists()
