"""Quantization-aware training with stochastic computing in the loop.

``config`` (settings), ``quantization`` (the network as it is trained), ``augmentation`` (random maps of images),
``trainer`` (the loop), ``checkpoint`` (its files).
"""
