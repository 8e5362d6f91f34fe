"""Write samples.csv: the stand-in for a table of yours, four features of three classes, one sample a row."""

import csv

import numpy as np

FEATURES = ("voltage", "current", "temperature", "pressure")
CENTRES = ((1.0, 0.2, 20.0, 4.0), (1.6, 0.2, 35.0, 3.0), (1.6, 0.5, 20.0, 2.0))
SPREAD = (0.15, 0.06, 4.0, 0.5)

generator = np.random.default_rng(0)
with open("samples.csv", "w", newline="") as file:
    table = csv.writer(file)
    table.writerow([*FEATURES, "class"])
    for number in range(300):
        label = number % len(CENTRES)
        table.writerow([*(f"{value:.3f}" for value in generator.normal(CENTRES[label], SPREAD)), label])
