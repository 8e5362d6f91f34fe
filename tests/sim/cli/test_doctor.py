"""``spinsc doctor`` and ``spinsc data``."""

import re

from spinsc.models.data.catalogue import embedded_images
from spinsc.models.golden.product import PRODUCTS
from spinsc.models.nn.products import WAYS
from tests.sim.cli.samples import write_idx


def test_doctor_of_a_whole_installation(run):
    code, output, errors = run("doctor")
    assert (code, errors) == (0, "")
    for part in ("torch", "amaranth", "cocotb", "g++", "make", "Verilator", "Icarus Verilog", "MNIST", "pyarrow",
                 "matplotlib"):
        assert re.search(rf"^(ok|-) +{re.escape(part)} ", output, re.MULTILINE)
    for name, ways in (("golden", PRODUCTS), ("training", WAYS)):
        one = rf"({'|'.join(ways)}) \(.*\)"
        assert re.search(rf"^ok +{name} product +required +K = 5: {one}; K = 11: {one}$", output, re.MULTILINE)


def test_data_says_what_is_where(run, tmp_path):
    digits = embedded_images()
    for stem, count in (("train", 30), ("t10k", 20)):
        write_idx(tmp_path, stem, digits.images[:count].reshape(-1, 28, 28), digits.labels[:count])
    code, output, _ = run(f"data --folder {tmp_path}")
    assert code == 0
    assert re.search(r"^train +30 images from ", output, re.MULTILINE)
    assert re.search(r"^test +20 images from ", output, re.MULTILINE)
    assert str(tmp_path) in output


def test_data_in_a_folder_without_any(refuses):
    refuses("data --folder .", "train-images-idx3-ubyte")
