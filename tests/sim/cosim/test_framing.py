"""Networks with ``tlast`` in co-simulation: the same words in the same cycles, and frames that are watched."""

import re

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.gen.manifest import load_manifest
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cosim.run import cosimulate
from tests.tools import ANY_SIMULATOR

SEED, IMAGES = 5, 8


def network():
    return random_network((13, 7, 4), input_states=5, weight_states=3, activation_states=3, length=3, seed=SEED,
                          folding=[Folding(8, 4), Folding(5, 2)])


def run(directory, stress=0):
    rng = np.random.default_rng(SEED)
    images = rng.integers(0, 256, (IMAGES, 13), dtype=np.uint8)
    return cosimulate(directory, images, rng.integers(0, 4, IMAGES), simulator=ANY_SIMULATOR, stress=stress)


@pytest.mark.parametrize("per_beat", [1, 3, 8])
def test_every_word_and_every_cycle(tmp_path, lint, per_beat):
    plain = emit(network(), tmp_path / "plain", source="lfsr", pixels_per_beat=per_beat)
    manifest = emit(network(), tmp_path / "hw", source="lfsr", pixels_per_beat=per_beat, tlast=True)
    assert {port.name: port.width for port in set(manifest.ports) - set(plain.ports)} == {
        "s_axis_tlast": 1, "m_axis_tlast": 1, "frame_error": 2}
    assert load_manifest(tmp_path / "hw").tlast
    assert "tlast" not in (tmp_path / "plain" / "manifest.json").read_text()
    report = run(tmp_path / "hw", stress=1)
    assert report.passed
    assert report.comparison.timely
    assert report.predicted_cycles_per_image == plain.cycles_per_image
    assert report.predicted_latency == plain.latency_cycles
    assert lint(tmp_path / "hw") == ""


def broken(directory, module, pattern, replacement, stress=0):
    """Report on a network with a change in a module of its top's file."""
    emit(network(), directory, source="lfsr", tlast=True)
    path = directory / "rtl" / "spinsc_network.v"
    parts = re.split(rf"(?s)(module \\?spinsc_network{module and '.' + module}\b.*?endmodule)", path.read_text())
    parts[1], count = re.subn(pattern, replacement, parts[1])
    assert count == 1
    path.write_text("".join(parts))
    return run(directory, stress)


@pytest.mark.parametrize(("module", "pattern", "replacement", "message"), [
    ("framing", r"last \^ (\S+) ", r"last ^ 1'b0 ", r"cycle \d+: frame_error is 01, not 00"),
    ("", r"assign m_axis_tlast = 1'h1", "assign m_axis_tlast = 1'h0", r"cycle \d+: a result without m_axis_tlast")])
def test_wrong_framing_of_images_is_seen(tmp_path, module, pattern, replacement, message):
    report = broken(tmp_path / "hw", module, pattern, replacement)
    assert not report.passed
    assert re.fullmatch(f"after the reset before image 0, {message}", report.comparison.violations[0])


@pytest.mark.parametrize(("pattern", "replacement"), [
    (r"assign drop = .*", "assign drop = 1'b0;"), (r"last \^ (\S+) ", r"last & ~\1 "),
    (r"last \^ (\S+) ", r"~last & \1 "),
    (r"output__valid = (\S+) +& .*;", r"output__valid = \1 ;")])
def test_frames_that_are_not_dropped_are_seen(tmp_path, pattern, replacement):
    """Under stress, which has some: too short ones, too long ones, and what is left of these."""
    report = broken(tmp_path / "hw", "framing", pattern, replacement, stress=1)
    assert not report.comparison.mismatches
    assert not report.comparison.violations
    assert not report.stress.passed
