"""Test benches of single components and of the input and output streams; only the tests use them."""
