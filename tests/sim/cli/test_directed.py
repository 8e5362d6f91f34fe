"""``spinsc cosim --directed``: a threshold that is one too high passes a thousand digits, but not directed images."""

import json
import re

import numpy as np
import pytest

from spinsc.hdl.activation import threshold_width
from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.layer import Folding
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.sim.coverage.collector import coverage
from spinsc.sim.coverage.told import HIGHER
from tests.sim.cli.samples import SMALL

NETWORK = random_network((784, 12, 10), input_states=5, weight_states=5, activation_states=5, length=40, seed=8,
                         folding=[Folding(56, 12), Folding(6, 10)])


@pytest.fixture(scope="module")
def hardware(tmp_path_factory):
    """Emitted, with a threshold one too high that no digit tells; where it is."""
    from spinsc.sim.cli import main as cli

    folder = tmp_path_factory.mktemp("directed")
    NETWORK.save(folder / "net.npz")
    assert cli.main(["emit", str(folder / "net.npz"), "-o", str(folder / "hw"), "--rng", "lfsr"]) == 0
    told = coverage(NETWORK, LfsrStreams(NETWORK), embedded_images("mnist").images)[0]
    neuron, k = map(int, np.argwhere(~told.seen[HIGHER] & ~told.equivalent[HIGHER])[0])
    memory = folder / "hw" / "mem" / "layer0_thresholds.mem"
    words = memory.read_text().splitlines()
    width = threshold_width(784 * 40)
    assert int(words[neuron], 16) >> k * width & (1 << width) - 1 == NETWORK.layers[0].outcome_integers(40)[neuron, k]
    words[neuron] = f"{int(words[neuron], 16) + (1 << k * width):0{len(words[neuron])}x}"
    memory.write_text("\n".join(words) + "\n")
    return folder / "hw", neuron


def test_what_a_thousand_digits_pass_directed_images_catch(run, hardware):
    folder, neuron = hardware
    line = f"cosim {folder} --embedded --jobs 2"
    code, output, _ = run(line)
    assert code == 0, output
    before = re.search(r"^activation thresholds, layer 0 +([\d.]+) % told from neighbours \(\d+ of 48 from both",
                       output, re.MULTILINE)
    assert before is not None
    assert float(before[1]) < 90

    code, output, _ = run(f"{line} --directed --directed-seconds 4")
    assert code == 1
    assert re.search(rf"image \d{{4}}, layer 0, neuron {neuron} state: expected \d, got \d", output)
    assert re.search(r"^activation thresholds, layer 0 +100.0 % told .*, "
                     rf"{re.escape(before[1])} % without directed images", output, re.MULTILINE)
    accuracies = re.findall(r"^accuracy, golden +(.*)$", output, re.MULTILINE)
    code, output, _ = run(f"{line} --directed --directed-seconds 4 --json")
    found = json.loads(output)
    assert (code, found["directed"]["found_again"]) == (1, True)
    assert found["images"]["count"] == 1000
    assert accuracies == [f"{100 * found['accuracy_golden']:.2f} %"]
    assert found["coverage"][0]["share"] == 1 > found["directed"]["coverage_without"][0]["share"]

    # the file is a set of images like any other, and the same run
    count = 1000 + found["directed"]["images"]
    code, output, _ = run(f"cosim {folder} --data {found['directed']['file']} --images {count} --json")
    again = json.loads(output)
    assert (code, again["mismatches"], again["coverage"]) == (1, found["mismatches"], found["coverage"])


def test_its_time_is_for_it_alone(refuses, tmp_path, run):
    SMALL.save(tmp_path / "small.npz")
    assert run(f"emit {tmp_path}/small.npz -o {tmp_path}/hw")[0] == 0
    refuses("cosim hw --directed-seconds 5", "--directed-seconds 5.0 has no effect without --directed; leave it out")
    refuses("cosim hw --directed --directed-seconds -1", "--directed-seconds must be at least 0, not -1")
