"""Stages of a pipelined popcount; what it counts is compared in the bench of the components, as parts of layers."""

import pytest

from spinsc.hdl.popcount import STAGE_BITS, STAGE_COUNTS, popcount_stages


@pytest.mark.parametrize(("width", "stages"), [
    (1, 1), (8, 1), (9, 2), (32, 2), (33, 3), (128, 3), (129, 4), (512, 4), (513, 5)])
def test_stages(width, stages):
    assert (STAGE_BITS, STAGE_COUNTS) == (8, 4)
    assert popcount_stages(width) == stages
