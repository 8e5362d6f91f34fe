"""The golden model by one of its forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from spinsc.models.builders import random_network
from spinsc.models.golden import evaluation as golden
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.golden.fast import FastAccumulator
from spinsc.models.golden.product import PRODUCTS
from spinsc.models.golden.trace import Trace
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from tests.models.golden.contract import (
    Images,
    assert_equal,
)


@pytest.fixture
def fast_by(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Trace]:
    """`evaluate` with one given form of the fast method, and with each of its products the same."""
    def run(form: str, network: Network, images: Images, streams: Streams, **options: int) -> Trace:
        traces = []
        for product in PRODUCTS:
            with monkeypatch.context() as patch:
                patch.setitem(golden.METHODS, "fast", partial(FastAccumulator, form=form, product=product))
                traces.append(evaluate(network, images, streams, **options))
        for trace in traces[1:]:
            assert_equal(trace, traces[0])
        return traces[0]
    return run


@pytest.fixture(scope="module")
def folded() -> Network:
    """Several passes and chunks that do not divide the sizes, and different K everywhere."""
    return random_network((50, 20, 13, 5), input_states=5, weight_states=4, activation_states=7, length=9, seed=1,
                          folding=[Folding(7, 6), Folding(6, 13), Folding(13, 2)])
