"""``spinsc eval``, and the images that it takes."""

import dataclasses
import re

import numpy as np
import pytest

from spinsc.models.artifact import load_artifact
from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.golden import evaluation as golden
from spinsc.models.shipped import load_network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import DEFAULT_RECORDING, Recording
from tests.sim.cli.samples import SMALL


@pytest.mark.parametrize(("rng", "streams"), [
    ("lfsr", LfsrStreams), ("ideal --seed 3 --period 2", lambda network: IdealStreams(network, 3, 2)),
    ("smtj --seed 3 --period 2", lambda network: RecordedStreams(
        SMTJ(seed=3).simulate(network.devices, 2 * max(network.steps)), network))])
def test_eval_is_the_golden_model(run, files, rng, streams):
    digits = embedded_images()[30:330]
    network = SMALL.with_length(9).with_folding(100, 2)
    expected = golden.accuracy(network, digits.images, digits.labels, streams(network), first=30)
    code, output, _ = run(f"eval {files}/small.npz --images 300 --first 30 --length 9 --lanes 100 --neurons 2 "
                          f"--rng {rng}")
    assert code == 0
    assert f"{100 * expected:.2f} % ({round(300 * expected)} of 300)" in output
    assert "in the package" in output


def test_eval_and_emission_of_binary_arithmetic(run, files, tmp_path):
    digits = embedded_images()[:200]
    network = SMALL.with_binary_arithmetic()
    expected = golden.accuracy(network, digits.images, digits.labels, IdealStreams(network, 0, 1))
    code, output, _ = run(f"eval {files}/small.npz --images 200 --arithmetic binary")
    assert code == 0
    assert f"({round(200 * expected)} of 200)" in output
    assert "binary arithmetic\n" in output
    assert "random bits  none, as the network needs none" in output
    code, output, _ = run(f"emit {files}/small.npz -o {tmp_path}/hw --arithmetic binary --target-cycles 400")
    assert code == 0
    assert "binary arithmetic" in output
    emitted = load_artifact(tmp_path / "hw" / "network.npz")
    assert emitted.arithmetic == "binary"
    assert int(output.splitlines()[1].split()[8]) <= 400
    emitted.save(tmp_path / "binary.npz")
    code, _, error = run(f"eval {tmp_path}/binary.npz --arithmetic stochastic")
    assert code == 2
    assert "was made for binary arithmetic" in error


def test_eval_of_a_plan(run, files):
    digits = embedded_images()[:200]
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
    digits = embedded_images()
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


def test_a_network_is_tested_on_what_it_was_trained_on(run, refuses, tmp_path):
    def source(options: str) -> str:
        code, output, _ = run(f"eval {tmp_path}/net.npz --images 3 --rng lfsr {options}")
        assert code == 0
        return re.search(r"^images +(.*)$", output, re.MULTILINE)[1]

    dataclasses.replace(SMALL, provenance={"dataset": "fashion-mnist"}).save(tmp_path / "net.npz")
    assert "Fashion-MNIST" in source("")
    assert "Fashion" not in source("--dataset mnist")
    refuses("eval net.npz --dataset cifar", "'cifar'", "mnist, fashion-mnist")
    refuses("train --hidden 5 --states 5 --length 9 --out x.npz --dataset cifar", "'cifar'", "mnist, fashion-mnist")
    assert run(f"emit {tmp_path}/net.npz -o {tmp_path}/rtl")[0] == 0
    assert load_artifact(tmp_path / "rtl" / "network.npz").dataset == "fashion-mnist"

    dataclasses.replace(SMALL, provenance={"dataset": ""}).save(tmp_path / "net.npz")
    refuses("eval net.npz --images 3", "images of your own", "--data")
    assert "MNIST" in source("--dataset mnist")
    images = embedded_images("fashion-mnist")
    np.savez(tmp_path / "own.npz", images=images.images[:3], labels=images.labels[:3])
    assert "own.npz" in source(f"--data {tmp_path}/own.npz")


def test_eval_reads_images_of_ones_own(run, files):
    digits = embedded_images()
    np.savez(files / "own.npz", images=digits.images[:7].reshape(7, 28, 28), labels=digits.labels[:7])
    code, output, _ = run(f"eval {files}/small.npz --data {files}/own.npz")
    assert code == 0
    assert "7, numbers 0 to 6" in output


@pytest.mark.parametrize(("images", "labels", "words"), [
    (np.zeros((3, 27, 28), np.uint8), np.zeros(3, int), ["27 x 28", "takes 784"]),
    (np.zeros((3, 784), np.float32), np.zeros(3, int), ["real numbers", "trained on bytes"]),
    (np.zeros((3, 784), np.uint8), np.zeros(2, int), ["3 integers, one per image"]),
    (np.zeros((3, 784), np.uint8), np.full(3, 10), ["labels up to 10", "0 to 9"]),
    (np.zeros((3, 784), np.uint8), np.full(3, 256), ["0 to 255", "256"]),
    (np.zeros((0, 784), np.uint8), np.zeros(0, int), ["no samples"]),
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
    random_network((30, 10), input_states=2, weight_states=2, activation_states=2, length=2, seed=0).save(
        tmp_path / "tiny.npz")
    refuses("eval tiny.npz --images 3 --rng lfsr", "784", "30")


@pytest.mark.parametrize(("options", "words"), [
    ("--images 0", ["--images", "not 0"]), ("--first -1", ["--first", "not -1"]),
    ("--images 10000 --first 1", ["10000", "--images"]), ("--lanes 0", ["--lanes", "not 0"]),
    ("--neurons 0", ["--neurons", "not 0"]), ("--length 0", ["--length", "not 0"]),
    ("--images 2 --period 0", ["period", "not 0"]), ("--images 2 --rng dice", ["'dice'", "smtj"]),
    ("--images 2 --rng ideal --seed -1", ["seed", "-1"]), ("--images 2 --device abacus", ["'abacus'", "'cpu'"]),
    ("--images two", ["two", "--help"]),
])
def test_eval_refuses(refuses, files, options, words):
    refuses(f"eval small.npz {options}", *words)
