"""A float network that is trained already: quantized after training, for 3 to 16 states.

    python quantize.py     some seconds; points around five centres, a network of hls4ml's jet tagging shape
"""

import numpy as np
import torch
from torch import nn

import spinsc

FEATURES, CLASSES = 16, 5


def samples(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points around the centre of their class."""
    centres = np.random.default_rng(7).normal(0, 1, (CLASSES, FEATURES))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, number)
    return centres[labels] + rng.normal(0, 0.9, (number, FEATURES)), labels


def trained() -> nn.Module:
    """16-64-32-32-5 with ReLU, float weights."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(),
                          nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 5))
    x, y = (torch.tensor(part) for part in samples(1000, seed=1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x.float()), y).backward()
        optimizer.step()
    return model.eval()


def main() -> None:
    torch.set_num_threads(1)  # small batches: several threads would mostly wait
    model = trained()
    calibration, _ = samples(500, seed=2)
    x, y = samples(1000, seed=3)
    with torch.no_grad():
        right = (model(torch.tensor(x).float()).argmax(1).numpy() == y).mean()
    print(f"float: {100 * right:.1f} %")
    for states in (3, 5, 9, 16):
        network = spinsc.export(model, length=128, states=states, calibration=calibration)
        print(f"{states:2} states, streams of 128 bits: {100 * spinsc.evaluate(network, (x, y)).accuracy:.1f} %")


if __name__ == "__main__":
    main()
