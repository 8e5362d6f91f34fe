"""``spinsc networks`` and ``spinsc train``."""

import re

import numpy as np
import pytest

from spinsc.models.artifact import load_artifact
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.shipped import SHIPPED
from spinsc.models.training import trainer as training
from tests.models.importing.networks import blobs
from tests.sim.cli.samples import write_idx


def test_networks_lists_every_shipped_one(run):
    code, output, _ = run("networks")
    assert code == 0
    for shipped in SHIPPED:
        assert re.search(rf"^{shipped.name} ", output, re.MULTILINE)
        assert shipped.own_command in output
    assert re.search(r"^fashion-mlp3-k5 .* Fashion-MNIST ", output, re.MULTILINE)


@pytest.mark.parametrize("config", [shipped.config for shipped in SHIPPED] + [
    training.TrainingConfig((), states=2, length=1),
    training.TrainingConfig((30, 20), states=3, length=7, sc=False, epochs=2, seed=9),
    training.TrainingConfig((30,), states=3, length=4, noise="shared"),
    training.TrainingConfig((9,), states=3, length=7, learning_rate=0.5, augmentation=0, start="a b.state"),
    training.TrainingConfig((9,), states=3, length=7, dataset="fashion-mnist")])
def test_training_commands_mean_what_they_say(config, monkeypatch, run):
    called = {}

    def train(hidden, states, length, *, out, data, test, label_column, keep_state, **settings):
        assert not keep_state
        called["config"] = training.TrainingConfig(hidden, states, length, **settings)
        raise KeyboardInterrupt("stopped here")

    monkeypatch.setattr(training, "train", train)
    code, _, errors = run(f"{config.command.removeprefix('spinsc ')} --out net.npz".replace("hidden  ", "hidden "))
    assert (code, errors) == (130, "\nspinsc: stopped here\n")
    assert called["config"] == config


def test_hidden_widths_may_be_words(monkeypatch, run):
    monkeypatch.setattr(training, "train", lambda hidden, *_, **__: pytest.fail(str(hidden)))
    with pytest.raises(pytest.fail.Exception, match=r"\(3, 4, 5\)"):
        run("train --hidden 3 4,5 --states 3 --length 4 --out net.npz")


def test_training_writes_a_network_that_eval_takes(run, tmp_path, monkeypatch):
    digits = embedded_images()
    monkeypatch.setattr(training, "load_dataset", lambda dataset, split: digits[:700])
    code, output, _ = run(f"train --hidden 4 --states 3 --length 8 --epochs 1 --validation-images 100 "
                          f"--out {tmp_path}/net.npz")
    assert code == 0
    assert "784-4-10, K = 3, L = 8" in output
    assert load_artifact(tmp_path / "net.npz").provenance["command"].endswith("--epochs 1 --validation-images 100")
    assert run(f"eval {tmp_path}/net.npz --images 20")[0] == 0


def test_a_table_of_ones_own(run, refuses, tmp_path):
    points, labels = blobs(5, 3, 300)
    np.savetxt(tmp_path / "own.csv", np.c_[points, labels], delimiter=",", header="a,b,c,d,e,kind", comments="")
    line = f"train --hidden 6 --states 5 --length 32 --epochs 5 --data {tmp_path}/own.csv --out {tmp_path}/net.npz"
    code, output, errors = run(f"{line} --batch-size 20 --validation-images 30 --label-column kind")
    assert code == 0, errors
    assert "5-6-3, K = 5, L = 32" in output
    code, output, _ = run(f"eval {tmp_path}/net.npz --data {tmp_path}/own.csv --rng ideal")
    assert code == 0
    assert "of 300)" in output
    start = "train --hidden 6 --states 5 --length 32 --out n.npz"
    refuses(f"{start} --test own.csv", "--test own.csv has no effect without")
    refuses(f"{start} --data own.csv --label-column f", "no column 'f'")


def test_images_of_ones_own_in_a_folder(run, refuses, tmp_path):
    rng = np.random.default_rng(5)
    write_idx(tmp_path, "train", rng.integers(0, 256, (5600, 5, 6), dtype=np.uint8), np.arange(5600) % 3)
    write_idx(tmp_path, "t10k", rng.integers(0, 256, (30, 5, 6), dtype=np.uint8), np.arange(30) % 3)
    code, output, _ = run(f"train --hidden --states 3 --length 8 --epochs 1 --data {tmp_path} --out {tmp_path}/net.npz")
    assert code == 0
    assert "30-3, K = 3, L = 8" in output
    refuses("eval net.npz", "images of your own", "--data")
    code, output, _ = run(f"eval {tmp_path}/net.npz --data {tmp_path} --rng lfsr")
    assert code == 0
    assert "of 30)" in output


@pytest.mark.parametrize(("options", "words"), [
    ("--hidden 5 --states 1 --length 9", ["states", "2 to 256", "not 1"]),
    ("--hidden 5 --states 257 --length 9", ["states", "not 257"]),
    ("--hidden 5 --states 5 --length 0", ["length", "not 0"]),
    ("--hidden 0 --states 5 --length 9", ["hidden", "not 0"]),
    ("--hidden 5 --states 5 --length 9 --epochs 0", ["epochs", "not 0"]),
    ("--hidden 5 --states 5 --length 9 --device abacus", ["'abacus'", "'cpu'"]),
    ("--hidden 5 --states 5 --length 9 --data nowhere", ["nowhere"]),
    ("--hidden 5,x --states 5 --length 9", ["5,x", "--help"]),
    ("--hidden 5 --states many --length 9", ["many", "--help"]),
    ("--hidden 5 --states 5", ["--length", "spinsc train --help"]),
])
def test_train_refuses(refuses, options, words):
    refuses(f"train {options} --out net.npz", *words)


def test_the_learning_curve_is_kept_drawn_and_reported(run, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(training, "load_dataset", lambda dataset, split: embedded_images()[:300])
    out = tmp_path / "net.npz"
    line = f"train --hidden 4 --states 3 --length 8 --epochs 2 --batch-size 100 --validation-images 100 --out {out}"
    code, _, errors = run(f"{line} --curve {tmp_path}/curve.png --report {tmp_path}/page.html")
    assert (code, errors) == (0, "")
    facts = load_artifact(out).provenance
    assert len(facts["learning_curve"]) == 2
    assert facts["learning_curve"][-1][1] == pytest.approx(facts["validation_accuracy_percent"], abs=1e-3)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 2
    assert f"{facts['test_accuracy_percent']:.2f} % of the test images" in page
    for options, words in ((f"--curve {tmp_path}/curve.jpg", "must end in .png"),
                           (f"--curve {tmp_path}/curve.png", "is there already"),
                           (f"--report {tmp_path}/page.png", "must end in .html")):
        code, _, errors = run(f"{line[:-4]}2.npz {options}")
        assert code == 2
        assert words in errors
