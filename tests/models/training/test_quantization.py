"""The network as it is trained: exact export."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from spinsc.models.artifact import load_artifact
from spinsc.models.data.images import Images
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Layer
from spinsc.models.nn import products
from spinsc.models.nn.quantizer import InputQuantizer
from spinsc.models.nn.rounding import integers_of_values
from spinsc.models.timing import Choice
from spinsc.models.training.quantization import QuantizedNetwork
from spinsc.models.training.trainer import Trainer
from spinsc.progress import Bar
from tests.models.training.small import SMALL


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
    trainer = Trainer(config, digits)
    trainer.run_epoch(Bar())
    model = trainer.model
    with torch.no_grad():  # the cases that training seldom makes: negative and zero gamma
        for norm in model.norms:
            norm.weight[:3] *= -1
            norm.weight[3] = 0
        model.scores.bias.add_(torch.linspace(-1, 1, 10))
    length = 2 * (states - 1) ** 2 * 1000
    network = model.eval().export(length)
    network.save(tmp_path / "n.npz")
    network = load_artifact(tmp_path / "n.npz")

    midpoints = (2 * np.arange(1, states) - 1) / (states - 1) - 1
    k = np.searchsorted(network.input_thresholds, digits.images, side="right").astype(np.int64)

    def values(k: npt.NDArray[np.int64]) -> torch.Tensor:
        return torch.as_tensor(2 * k - (states - 1)).float() / (states - 1)

    assert torch.equal(model.quantizer(torch.as_tensor(np.array(digits.images))), values(k))
    for number, layer in enumerate(network.layers[:-1]):
        with torch.no_grad():
            y = model.norms[number](model.sums(number, values(k), None))
            signed = integers_of_values(model.activation(y), states - 1).numpy().astype(np.int64)
            expected = (signed + states - 1) // 2
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
        logits = model.scores(model.sums(len(model.norms), values(k), None)).numpy()
    scores = noiseless_sums(output, k, length) + output.outcome_integers(length)
    best = np.sort(logits, 1)
    clear = best[:, -1] - best[:, -2] > 1e-3
    assert clear.mean() > 0.9
    assert np.array_equal(scores.argmax(1)[clear], logits.argmax(1)[clear])


@dataclasses.dataclass
class Drawn:
    """Random numbers of one image, which all images meet."""

    pair: tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]
    period: int = 1

    def numbers(self, layer: int, slot: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
        return self.pair


@pytest.mark.parametrize("way", products.WAYS)
@pytest.mark.parametrize("states", [2, 3, 5, 11, 130])
def test_shared_noise_is_the_bits_of_hardware(states: int, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums in training, and accumulators of the golden model with the numbers that were drawn; anew after 32 images."""
    monkeypatch.setattr(products, "choice", lambda *_: Choice(way, 0.0, {}))
    length, inputs, together = 6, 30, 32
    model = QuantizedNetwork((inputs, 7), InputQuantizer(states), length, torch.Generator().manual_seed(3), "shared")
    pixels = torch.randint(256, (2 * together, inputs), generator=torch.Generator().manual_seed(4), dtype=torch.uint8)
    generator, again = (torch.Generator().manual_seed(5) for _ in range(2))
    with torch.no_grad():
        z = model.sums(0, model.quantizer(pixels), generator).double().numpy()
        assert np.array_equal(z, model.sums(0, model.quantizer(pixels), generator).numpy()) == (states == 2)
    network = model.export(length).with_folding(lanes=inputs)
    for rows in (slice(together), slice(together, None)):
        r_a, r_w = (torch.randint(1 << side.bits, (length, inputs), generator=again,
                                  dtype=torch.int16 if side.bits > 6 else torch.int8).numpy().astype(np.uint16)
                    for side in network.layers[0].sides)
        trace = evaluate(network, pixels[rows].numpy(), Drawn((r_a, r_w)), method="literal")
        assert np.allclose(length * (inputs + z[rows]) / 2, trace.accumulators[0], atol=1e-3)
