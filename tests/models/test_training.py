"""Training: exact export, exact noise, exact resumption; and the shipped networks."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from spinsc.errors import InputError
from spinsc.models.artifact import load_artifact, save_artifact
from spinsc.models.data.catalogue import Images, embedded_digits
from spinsc.models.layer import Layer
from spinsc.models.shipped import SHIPPED, ShippedNetwork, load_network
from spinsc.models.training import quantization
from spinsc.models.training import trainer as training
from spinsc.models.training.quantization import PixelQuantizer, QuantizedNetwork
from spinsc.models.training.trainer import TrainingConfig, fine_tuning, state_path, train, train_on, validation_part

SMALL = TrainingConfig((12, 9), states=5, length=20, epochs=3, seed=4, batch_size=100, validation_images=200)


@pytest.fixture(scope="module")
def digits() -> Images:
    return embedded_digits()


@pytest.mark.parametrize("states", range(2, 257))
def test_input_states_are_the_nearest(states: int) -> None:
    pixels = np.arange(256)
    found = np.searchsorted(quantization.input_thresholds(states), pixels, side="right")
    distance = np.abs(255 * np.arange(states) - (states - 1) * pixels[:, None])
    assert np.array_equal(distance[pixels, found], distance.min(1))
    assert np.array_equal(PixelQuantizer(states)(torch.as_tensor(pixels)).numpy(), 2 * found - (states - 1))


@pytest.mark.parametrize("states", [2, 5, 11, 12, 13, 100])
def test_sums_are_exact(states: int) -> None:
    """z and the noise's variance, in bytes (up to 12 states) and in float32, against integers; and its gradients."""
    rng = np.random.default_rng(states)
    full, length = states - 1, 7
    a = 2 * rng.integers(0, states, (30, 784)) - full
    model = QuantizedNetwork((784, 20), states, length, torch.Generator().manual_seed(3))
    real = model.weights[0]
    w = 2 * np.floor((real.detach().numpy().astype(float) + 1) * full / 2 + 0.5).astype(int) - full
    signed = torch.as_tensor(a, dtype=torch.float32).requires_grad_()
    z = model.sums(0, signed, None)
    assert np.allclose(z.detach().numpy() * full**2, a @ w.T, rtol=1e-6)
    noisy = model.sums(0, signed, torch.Generator().manual_seed(5))
    draw = torch.empty(30, 20).normal_(generator=torch.Generator().manual_seed(5)).numpy()
    deviation = np.sqrt((784 - (a * a) @ (w * w).T / full**4) / length)
    assert np.allclose((noisy - z).detach().numpy(), draw * deviation, rtol=1e-3, atol=1e-4)
    gradient = rng.standard_normal((30, 20))
    noisy.backward(torch.as_tensor(gradient, dtype=torch.float32))  # type: ignore[no-untyped-call]
    assert signed.grad is not None
    assert real.grad is not None
    # the activation is rounded with a slope of K-1 before, the weight with one of K-1 here
    for found, expected in ((signed.grad, gradient @ w / full**2), (real.grad, gradient.T @ a / full)):
        assert np.abs(found.numpy() - expected).max() < 0.01 * np.abs(expected).max()


def test_noise_is_that_of_real_bitstreams() -> None:
    """Variance of z of simulated XNOR bits, of the formula, and of what training adds: all the same."""
    inputs, neurons, states, length, draws = 40, 3, 5, 16, 20_000
    rng = np.random.default_rng(2)
    a = rng.integers(0, states, inputs)
    model = QuantizedNetwork((inputs, neurons), states, length, torch.Generator().manual_seed(3))
    w = (np.floor((model.weights[0].detach().numpy() + 1) * 2 + 0.5)).astype(int)
    ones = np.zeros((draws, neurons))
    for _ in range(length):
        a_bits = rng.random((draws, 1, inputs)) < a / (states - 1)
        w_bits = rng.random((draws, neurons, inputs)) < w / (states - 1)
        ones += (a_bits == w_bits).sum(2)
    z = 2 * ones / length - inputs
    signed = torch.as_tensor(2 * a - (states - 1), dtype=torch.float32).repeat(draws, 1)
    with torch.no_grad():
        noisy = model.sums(0, signed, torch.Generator().manual_seed(5)).numpy()
        exact = model.sums(0, signed[:1], None).numpy()[0]
    va, vw = 2 * a / (states - 1) - 1, 2 * w / (states - 1) - 1
    expected = (1 - va**2 * vw**2).sum(1) / length
    assert np.allclose(exact, vw @ va)
    for sample in (z, noisy):
        # 6 standard errors, of the mean and of the variance
        assert np.all(np.abs(sample.mean(0) - exact) < 6 * np.sqrt(expected / draws))
        assert np.all(np.abs(sample.var(0) / expected - 1) < 6 * np.sqrt(2 / draws))


def test_gradients_pass_the_rounding_within_the_range() -> None:
    real = torch.tensor([-1.5, -1.0, -0.3, 0.3, 1.0, 1.5], requires_grad=True)
    rounded = quantization.rounded(real, 5)
    rounded.sum().backward()
    assert rounded.tolist() == [-4, -4, -2, 2, 4, 4]
    assert real.grad is not None
    assert real.grad.tolist() == [0, 4, 4, 4, 4, 0]


def noiseless_sums(layer: Layer, states: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """acc = L (I + z)/2 in integers; L must make it whole."""
    full_a, full_w = layer.activation.states - 1, layer.weight.states - 1
    z = (2 * states - full_a) @ (2 * layer.weights.astype(np.int64) - full_w).T
    acc, rest = np.divmod(length * (layer.inputs * full_a * full_w + z), 2 * full_a * full_w)
    assert not rest.any()
    return acc


@pytest.mark.parametrize("states", [2, 3, 5, 11])
def test_export_is_exact(tmp_path: Path, digits: Images, states: int) -> None:
    """The float model without noise and the integer network without noise agree, state by state."""
    config = dataclasses.replace(SMALL, states=states, epochs=2)
    trainer = training._Trainer(config, digits)
    with training.tqdm(disable=True) as bar:
        trainer.run_epoch(bar)
    model = trainer.model
    with torch.no_grad():  # the cases that training seldom makes: negative and zero gamma
        for norm in model.norms:
            norm.weight[:3] *= -1
            norm.weight[3] = 0
        model.bias.add_(torch.linspace(-1, 1, 10))
    length = 2 * (states - 1) ** 2 * 1000
    network = model.eval().export(length)
    save_artifact(network, tmp_path / "n.npz")
    network = load_artifact(tmp_path / "n.npz")

    midpoints = (2 * np.arange(1, states) - 1) / (states - 1) - 1
    k = np.searchsorted(network.input_thresholds, digits.images, side="right").astype(np.int64)
    assert torch.equal(trainer.quantizer(torch.as_tensor(np.array(digits.images))),
                       torch.as_tensor(2 * k - (states - 1)).float())
    for number, layer in enumerate(network.layers[:-1]):
        with torch.no_grad():
            y = model.norms[number](model.sums(number, torch.as_tensor(2 * k - (states - 1)).float(), None))
            expected = (quantization.rounded(y, states).numpy().astype(np.int64) + states - 1) // 2
        acc = noiseless_sums(layer, k, length)
        k = (acc[:, :, None] >= layer.outcome_integers(length)).sum(2)
        # a threshold is rounded up by less than one count, 2/L in z
        tie = (np.abs(y.numpy()[:, :, None] - midpoints) < 1e-3).any(2)
        assert tie.mean() < 0.04
        assert np.array_equal(k[~tie], expected[~tie])
        assert len(np.unique(k[:, 3])) == 1
        k = expected
    output = network.layers[-1]
    with torch.no_grad():
        logits = (model.sums(len(model.norms), torch.as_tensor(2 * k - (states - 1)).float(), None)
                  * model.log_scale.exp() + model.bias).numpy()
    scores = noiseless_sums(output, k, length) + output.outcome_integers(length)
    best = np.sort(logits, 1)
    clear = best[:, -1] - best[:, -2] > 1e-3
    assert clear.mean() > 0.9
    assert np.array_equal(scores.argmax(1)[clear], logits.argmax(1)[clear])


def test_folding_of_constant_and_extreme_neurons() -> None:
    found = quantization.fold_thresholds(np.array([0.0, 1e-40, 2.0]), np.array([0.25, 5.0, 1.0]), np.array([-0.5, 0.5]))
    far = quantization.FAR
    assert found.tolist() == [[-far, far], [-far, -far], [-0.75, -0.25]]


def test_the_validation_part_is_what_training_sets_aside(digits: Images) -> None:
    for seed in (0, 4):
        trainer = training._Trainer(dataclasses.replace(SMALL, seed=seed), digits)
        part = validation_part(digits, seed, SMALL.validation_images)
        assert len(part) == SMALL.validation_images
        for found, held in zip((part.images, part.labels), trainer.validation, strict=True):
            assert np.array_equal(found, held.numpy())


def test_training_is_deterministic_and_learns(tmp_path: Path, digits: Images) -> None:
    config = dataclasses.replace(SMALL, hidden=(40,), epochs=12, batch_size=50)
    first = train_on(config, digits, digits, tmp_path / "a.npz", progress=False)
    train_on(config, digits, digits, tmp_path / "b.npz", progress=False)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert first.provenance["validation_accuracy_percent"] > 60
    assert first.provenance["settings"]["epochs"] == 12
    assert load_artifact(tmp_path / "a.npz").hash == first.hash
    assert not (tmp_path / "a.npz.checkpoint").exists()
    without = train_on(dataclasses.replace(config, sc=False), digits, digits, tmp_path / "c.npz", progress=False)
    assert without.hash != first.hash


def interrupt_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, done = QuantizedNetwork.clamp_weights, [0]

    def clamp_weights(self: QuantizedNetwork) -> None:
        done[0] += 1
        if done[0] == step:
            raise KeyboardInterrupt
        real(self)

    monkeypatch.setattr(QuantizedNetwork, "clamp_weights", clamp_weights)


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
    assert tuned.provenance["command"].endswith(f"--epochs 2 --seed 4 --learning-rate {config.learning_rate} "
                                                f"--augmentation {config.augmentation} "
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


def test_train_from_a_folder(tmp_path: Path, digits: Images) -> None:
    for stem, repeats in (("train", 6), ("t10k", 1)):
        for kind, array in (("images-idx3", digits.images.reshape(-1, 28, 28)), ("labels-idx1", digits.labels)):
            array = np.concatenate([array] * repeats)
            header = np.array([0x800 + array.ndim, *array.shape], ">u4").tobytes()
            (tmp_path / f"{stem}-{kind}-ubyte").write_bytes(header + array.tobytes())
    network = train((8,), 3, 20, out=tmp_path / "sub" / "n.npz", sc=False, epochs=1, seed=9, data_folder=tmp_path,
                    progress=False)
    assert network.sizes == (784, 8, 10)
    assert network.length == 20
    assert network.provenance["command"] == \
        "spinsc train --hidden 8 --states 3 --length 20 --no-sc --epochs 1 --seed 9"


@pytest.mark.parametrize("wrong", [
    {"states": 1}, {"states": 257}, {"length": 0}, {"epochs": 0}, {"seed": -1}, {"hidden": (5, 0)}, {"batch_size": 1},
    {"learning_rate": 0.0}, {"augmentation": -1.0}, {"device": "toaster"}, {"device": "meta"}, {"threads": 0},
    {"validation_images": 0},
])
def test_wrong_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        dataclasses.replace(SMALL, **wrong)  # type: ignore[arg-type]


def test_absent_device() -> None:
    absent = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(InputError, match=f"'{absent}' is not available"):
        dataclasses.replace(SMALL, device=absent)


def test_wrong_output_and_too_few_images(tmp_path: Path, digits: Images) -> None:
    with pytest.raises(InputError, match="it is a folder"):
        train_on(SMALL, digits, digits, tmp_path, progress=False)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot make the folder"):
        train_on(SMALL, digits, digits, tmp_path / "file" / "n.npz", progress=False)
    with pytest.raises(InputError, match="too few"):
        train_on(SMALL, digits[:250], digits, tmp_path / "n.npz", progress=False)


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3, 2)])
def test_sizes_follow_the_images(tmp_path: Path, hidden: tuple[int, ...]) -> None:
    rng = np.random.default_rng(4)
    images = Images(rng.integers(0, 256, (40, 6 * 9), dtype=np.uint8),
                    rng.permutation(np.arange(40, dtype=np.uint8) % 7), "made here", (6, 9))
    config = TrainingConfig(hidden, states=3, length=8, epochs=1, batch_size=8, validation_images=10)
    network = train_on(config, images, images, tmp_path / "n.npz", progress=False)
    assert network.sizes == (54, *hidden, 7)
    assert network.provenance["data"] == "6 x 9 pixels, 7 classes, 30 training and 10 validation images"
    turned = dataclasses.replace(images, shape=(9, 6))
    unknown = dataclasses.replace(images, labels=images.labels + np.uint8(1))
    for other, words in ((turned, "9 x 6"), (unknown, "holds 8 classes")):
        with pytest.raises(InputError, match=rf"{words}.*same kind"):
            train_on(config, images, other, tmp_path / "n.npz", progress=False)


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.name)
def test_shipped_networks(shipped: ShippedNetwork) -> None:
    network = load_network(shipped.name)
    assert network.hash == load_network(shipped.path).hash
    assert network.sizes == (784, *shipped.config.hidden, 10)
    assert network.dataset == shipped.config.dataset
    assert network.length == shipped.config.length
    assert network.provenance["command"] in shipped.command
    hidden = list(shipped.config.hidden)
    settings = dataclasses.asdict(shipped.config) | {"hidden": hidden}
    assert network.provenance["settings"] == settings
    assert network.provenance["test_accuracy_percent"] >= (
        89 if shipped.config.dataset == "fashion-mnist" else 98.5 if "mlp3" in shipped.name else 96)


def test_load_network_names_the_choices(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'mlp9' is neither a shipped network \(mlp1-k5, .*\) nor a file"):
        load_network("mlp9")
