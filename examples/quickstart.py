"""Sweep a small network over handwritten digits: 30 trials in ten to sixty seconds on two cores.

Run it again and it goes on where it stood; ask for more trials in all with a number:

    python examples/quickstart.py 60
"""

import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import torch
from sklearn.datasets import load_digits
from torch import nn

import sweeper
from sweeper import ASHA, choice, loguniform, randint, sweepable, uniform

EPOCHS = 27


def load_images():
    """Give 1,797 images of 8 by 8 pixels and their digits: to train, to choose, to test."""
    pixels, digits = load_digits(return_X_y=True)
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))
    images = torch.tensor(pixels, dtype=torch.float32)[order] / 16
    labels = torch.tensor(digits)[order]
    sizes = [997, 400, 400]
    return list(zip(images.split(sizes), labels.split(sizes)))


def build(hidden, layers, dropout):
    """Build a perceptron with hidden layers of one width."""
    widths = [64] + [hidden] * layers
    blocks = [
        nn.Sequential(nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout))
        for before, after in pairwise(widths)
    ]
    return nn.Sequential(*blocks, nn.Linear(hidden, 10))


def accuracy(model, images, digits):
    """Give the share of images whose digit the model reads correctly."""
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(1) == digits).float().mean().item()


@sweepable(metric="val_accuracy", mode="max")
def train(
    optimizer: Annotated[str, choice(["sgd", "adam"])] = "sgd",
    lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-2,
    momentum: Annotated[float, uniform(0.0, 0.99).when(optimizer="sgd")] = 0.5,
    hidden: Annotated[int, choice([16, 32, 64, 128, 256])] = 32,
    layers: Annotated[int, randint(1, 3)] = 1,
    dropout: Annotated[float, uniform(0.0, 0.5)] = 0.0,
    batch_size: Annotated[int, choice([16, 32, 64, 128])] = 32,
):
    """Train a perceptron; without a sweep around it, this is an ordinary function."""
    (images, digits), validation, test = load_images()
    model = build(hidden, layers, dropout)
    if optimizer == "sgd":
        steps = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    else:
        steps = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(EPOCHS):
        model.train()
        for batch in torch.randperm(len(images)).split(batch_size):
            steps.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), digits[batch]).backward()
            steps.step()
        sweeper.report(val_accuracy=accuracy(model, *validation))
    return {
        "val_accuracy": accuracy(model, *validation),
        "test_accuracy": accuracy(model, *test),
    }


sweep = train.sweep(
    name="digits",
    trials=int(sys.argv[1]) if len(sys.argv) > 1 else 30,
    search="tpe",
    scheduler=ASHA(min_steps=3, max_steps=EPOCHS, reduction_factor=3),
    backend="local",
    seed=1,
)

baseline, best = sweep.trials[0], sweep.best_trial
epochs = sum(trial.last_step for trial in sweep.trials)
full = EPOCHS * len(sweep.trials)
program = Path(sys.executable).with_name("sweeper")

print(f"\nThe best configuration, of trial {best.number}:")
for name, value in best.params.items():
    print(f"    {name:12}{value:.4g}" if isinstance(value, float) else f"    {name:12}{value}")
print(
    f"Validation accuracy: {best.value:.1%}; with the function's own defaults {baseline.value:.1%}."
)
print(
    f"Test accuracy: {best.result['test_accuracy']:.1%}, on 400 images by which nothing was chosen."
)
print(f"Pruning saved {1 - epochs / full:.0%} of the epochs: {epochs} of {full} were run.")
print(f"\nCompare the trials in the dashboard:\n    {program} dashboard")
