"""Small circuits, as Yosys writes them, and what drives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spinsc.sim.costs.circuit import ONE, circuit_of
from spinsc.sim.costs.gates import Simulation, Stimulus, gates_of
from spinsc.sim.costs.liberty import read_library

LIBRARY = read_library(Path(__file__).parent / "small.lib")


def circuit(*cells, inputs=(), memories=()):
    """Cells as (kind, pin=net, ...) of nets by name; ``clk``, ``rst``, ``valid`` and the inputs are ports."""
    numbers = {}

    def bit(net):
        return net if net in ("0", "1") else numbers.setdefault(net, len(numbers) + 2)

    ports = {name: {"bits": [bit(name)]} for name in ("clk", "rst", "valid", *inputs)}
    found = {f"part.{number}": {"type": kind, "connections": {pin: [bit(net)] for pin, net in pins.items()}}
             for number, (kind, pins) in enumerate(cells)}
    for name, parameters, connections in memories:
        found[name] = {"type": "$mem_v2", "parameters": parameters,
                       "connections": {pin: [bit(net) for net in nets] for pin, nets in connections.items()}}
    return circuit_of({"ports": ports, "cells": found,
                       "netnames": {name: {"bits": [number]} for name, number in numbers.items()}})


def simulation(of, inputs=(), rows=((),), watched=(), when=ONE):
    """Simulation in which the inputs have a row in each cycle, from cycle 0 on."""
    nets = {name: bits[0] for name, bits in of.names.items()}
    stimulus = Stimulus({}, nets["rst"], [nets[name] for name in inputs], ONE, np.array(rows, np.uint8).reshape(
        len(rows), len(inputs)), nets["valid"], [nets[name] for name in watched], when)
    return Simulation(of, gates_of(of, LIBRARY.cells), stimulus)


def changes(of, activity, *names):
    return [int(activity[of.names[name][0]]) for name in names]
