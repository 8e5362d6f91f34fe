"""A network of your own: an ordinary module, optimizer and data loader of PyTorch end in Verilog.

    python train.py        a few seconds; 800 of the digits that come with spinsc to train on, 200 to test
"""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import spinsc
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.nn import ClassScores, InputQuantizer, SCLinear, StateActivation

STATES, LENGTH = 5, 64


class Digits(nn.Module):
    """784-48-10; weights of 5 states, activations of 3, with the noise of 64-bit streams while it is trained."""

    def __init__(self) -> None:
        super().__init__()
        self.quantize = InputQuantizer(STATES)
        self.hidden = SCLinear(784, 48, STATES, LENGTH)
        self.norm = nn.BatchNorm1d(48)
        self.activation = StateActivation(3)
        self.output = SCLinear(48, 10, STATES, LENGTH, input_states=3)
        self.scores = ClassScores(48, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.quantize(images)  # bytes, or numbers from 0 to 1
        x = self.activation(self.norm(self.hidden(x)))
        return self.scores(self.output(x))


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)  # small batches: several threads would mostly wait
    digits = embedded_images()
    images, labels = torch.tensor(digits.images), torch.tensor(digits.labels.astype(np.int64))
    loader = DataLoader(TensorDataset(images[:800], labels[:800]), batch_size=50, shuffle=True)
    model = Digits()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    model.train()
    for _ in range(10):
        for batch, right in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), right).backward()
            optimizer.step()

    model.eval()
    with torch.no_grad():
        exact = (model(images[800:]).argmax(1) == labels[800:]).double().mean()
    print(f"PyTorch, without noise: {100 * exact:.1f} %")

    network = spinsc.export(model, length=LENGTH)
    network.save("digits.npz")
    print(network)
    print(spinsc.evaluate(network, digits[800:]))  # exact bits of simulated junctions
    spinsc.emit(network, "digits", lanes=49, neurons=16)
    print("Verilog in digits/; 'spinsc cosim digits --data test.npz' proves it")
    np.savez("test.npz", images=digits.images[800:], labels=digits.labels[800:])


if __name__ == "__main__":
    main()
