"""Layers of PyTorch for networks of stochastic computing, and from a trained module to a network.

``quantizer``, ``linear``, ``activation`` and ``scores`` hold a layer each, ``products`` the exact sums of products,
``chain`` the order of a module's layers, ``export`` what becomes of them. Needs nothing of ``training``, which is built
on it.
"""

from spinsc.models.nn.activation import StateActivation
from spinsc.models.nn.export import export
from spinsc.models.nn.linear import SCLinear
from spinsc.models.nn.quantizer import InputQuantizer
from spinsc.models.nn.scores import ClassScores

__all__ = ["ClassScores", "InputQuantizer", "SCLinear", "StateActivation", "export"]
