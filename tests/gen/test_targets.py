"""Registry of parts."""

import pytest

from spinsc.errors import InputError
from spinsc.gen.targets.registry import TARGETS


def test_names_and_sizes():
    for name in TARGETS:
        part = TARGETS[name]
        assert part.name == name
        assert min(part.luts, part.flip_flops, part.rams, part.ram_bits, part.pins) > 0
        assert part.lut_inputs == (6 if part.family == "xc7" else 4)
        assert bool(part.place) == (part.family != "xc7")


def test_unknown_target():
    with pytest.raises(InputError, match=r"unknown target 'ecp5-25'.*did you mean ecp5-25k"):
        TARGETS.find("ecp5-25")
