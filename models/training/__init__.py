"""Quantization-aware training with stochastic computing in the loop."""
