"""Importers: without streams, the network computes what torch, Brevitas and ONNX do, on every input tried."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from spinsc.errors import InputError
from spinsc.models.importing.importer import NETWORK_IMPORTERS
from spinsc.models.importing.importers.modules import integer_range
from spinsc.models.importing.read import Imported, import_network
from spinsc.models.importing.steps import Linear, Monotone
from tests.models.importing.networks import JET_TAGGING, TFC, blobs, float_network, settled, trained

PIXELS = np.random.default_rng(1).integers(0, 256, (400, 784), dtype=np.uint8)
FEATURES = np.random.default_rng(2).normal(0, 1, (500, 16))


def classes_of(model: nn.Module, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    with torch.no_grad():
        found: npt.NDArray[Any] = model(torch.as_tensor(x).float()).argmax(1).numpy()
    return found


def agree(found: Imported, model: nn.Module, x: npt.NDArray[Any]) -> None:
    """On every sample: torch, the chain of steps, and the network without streams; of equal scores, any may win."""
    with torch.no_grad():
        scores = model(torch.as_tensor(x / 255 if x.dtype == np.uint8 else x).float()).double().numpy()
    rows, best = np.arange(len(x)), scores.max(1)
    assert len(set(scores.argmax(1))) > 1
    for classes in found.classes(x):
        assert (scores[rows, classes] >= best - 1e-6 * np.abs(scores).max()).all()
        assert np.mean(classes == scores.argmax(1)) > 0.9


@pytest.mark.parametrize(("weight_bits", "bits"), [(1, 1), (1, 2), (2, 2)])
def test_finns_tfc_of_brevitas(weight_bits: int, bits: int) -> None:
    pytest.importorskip("brevitas")
    from brevitas_examples.bnn_pynq.models.FC import FC

    torch.manual_seed(weight_bits)
    model = FC(num_classes=TFC[-1], weight_bit_width=weight_bits, act_bit_width=bits, in_bit_width=bits, in_channels=1,
               out_features=list(TFC[1:-1]))
    settled(model, torch.as_tensor(PIXELS).float() / 255, 3)
    found = import_network(model, 100)
    agree(found, model, PIXELS)
    assert found.network.sizes == TFC
    assert {side.states for layer in found.network.layers for side in layer.sides} == {
        (1, 1): {2}, (1, 2): {2, 3}, (2, 2): {3}}[weight_bits, bits]  # narrow: -1, 0, 1
    assert found.notes == ()


def jet_tagging(weight_bits: int, bits: int, *, per_channel: bool, bias: bool = True) -> nn.Module:
    """hls4ml's, of Brevitas' layers."""
    brevitas: Any = pytest.importorskip("brevitas.nn")
    from brevitas.quant import Int8WeightPerChannelFloat
    from brevitas_examples.bnn_pynq.models.common import CommonWeightQuant

    torch.manual_seed(weight_bits * 10 + bits)
    layers = [brevitas.QuantIdentity(bit_width=4)]
    for inputs, neurons in itertools.pairwise(JET_TAGGING):
        kind = CommonWeightQuant if weight_bits == 1 else Int8WeightPerChannelFloat
        own = {"weight_quant": kind} if weight_bits == 1 or (per_channel and neurons != JET_TAGGING[-1]) else {}
        layers.append(brevitas.QuantLinear(inputs, neurons, bias=bias, weight_bit_width=weight_bits, **own))
        if neurons != JET_TAGGING[-1]:
            layers += [nn.BatchNorm1d(neurons), brevitas.QuantReLU(bit_width=bits), nn.Dropout(0.1)]
    return settled(nn.Sequential(*layers), torch.as_tensor(FEATURES).float(), 3)


@pytest.mark.parametrize(("weight_bits", "bits"), [(1, 2), (2, 1), (2, 3), (3, 2), (4, 4)])
def test_brevitas_with_scales_per_channel_and_relu(weight_bits: int, bits: int) -> None:
    model = jet_tagging(weight_bits, bits, per_channel=True)
    found = import_network(model, 100, calibration=FEATURES)
    agree(found, model, FEATURES)
    assert [layer.activation.states for layer in found.network.layers] == [16, *[1 << bits] * 3]
    assert max(layer.weight.states for layer in found.network.layers) == max(2, (1 << weight_bits) - 1)


@pytest.mark.parametrize(("kind", "weight_bits"), [("qonnx", 1), ("qonnx", 3), ("qcdq", 2), ("qcdq", 4)])
def test_onnx_files_that_brevitas_writes(tmp_path: Path, kind: str, weight_bits: int) -> None:
    pytest.importorskip("onnxoptimizer")
    model = jet_tagging(weight_bits, 2, per_channel=kind == "qonnx")
    from brevitas.export import export_onnx_qcdq, export_qonnx

    writer = {"qonnx": export_qonnx, "qcdq": export_onnx_qcdq}[kind]
    writer(model, args=torch.as_tensor(FEATURES[:2]).float(), export_path=str(tmp_path / "jets.onnx"), dynamo=False)
    found = import_network(tmp_path / "jets.onnx", 100, calibration=FEATURES)
    agree(found, model, FEATURES)
    assert [layer.activation.states for layer in found.network.layers] == [16, 4, 4, 4]


def test_brevitas_quantizes_biases_inputs_and_outputs_of_a_layer() -> None:
    brevitas: Any = pytest.importorskip("brevitas.nn")
    from brevitas.quant import Int8ActPerTensorFloat, Int32Bias

    torch.manual_seed(3)
    model = nn.Sequential(
        brevitas.QuantIdentity(bit_width=4, return_quant_tensor=True),
        brevitas.QuantLinear(16, 12, bias=True, weight_bit_width=3, bias_quant=Int32Bias,
                             output_quant=Int8ActPerTensorFloat, output_bit_width=5),
        brevitas.QuantHardTanh(bit_width=3, min_val=-1.0, max_val=1.0),
        brevitas.QuantLinear(12, 5, bias=True, weight_bit_width=3, input_quant=Int8ActPerTensorFloat,
                             input_bit_width=3))
    settled(model, torch.as_tensor(FEATURES).float(), 3)
    agree(import_network(model, 100, calibration=FEATURES), model, FEATURES)
    plain = nn.Sequential(
        brevitas.QuantIdentity(bit_width=4, return_quant_tensor=True),
        brevitas.QuantLinear(16, 12, bias=True, weight_bit_width=3, bias_quant=Int32Bias),
        brevitas.QuantHardTanh(bit_width=3, min_val=-1.0, max_val=1.0, return_quant_tensor=True),
        brevitas.QuantLinear(12, 5, bias=True, weight_bit_width=3, bias_quant=Int32Bias))
    settled(plain, torch.as_tensor(FEATURES).float(), 3)
    agree(import_network(plain, 100, calibration=FEATURES), plain, FEATURES)


def test_scales_of_classes_are_refused_or_quantized_again() -> None:
    brevitas: Any = pytest.importorskip("brevitas.nn")
    from brevitas.quant import Int8WeightPerChannelFloat

    torch.manual_seed(4)
    model = nn.Sequential(brevitas.QuantIdentity(bit_width=4),
                          brevitas.QuantLinear(16, 5, bias=False, weight_bit_width=4,
                                               weight_quant=Int8WeightPerChannelFloat)).eval()
    with pytest.raises(InputError, match=r"1 \(QuantLinear\): classes . and . have the scales"):
        import_network(model, 100, calibration=FEATURES)
    found = import_network(model, 100, states=16, calibration=FEATURES)
    assert "quantized again, to 16 states" in found.notes[0]
    assert (found.classes(FEATURES)[1] == classes_of(model, FEATURES)).mean() > 0.85


# ONNX, node by node


def onnx_file(path: Path, nodes: list[tuple[str, list[str], str, dict[str, Any]]], constants: dict[str, Any],
              features: int = 6) -> Path:
    onnx: Any = pytest.importorskip("onnx")
    helper = onnx.helper
    made = [helper.make_node(kind, inputs, [output], name=output, domain="qonnx.custom_op.general"
                             if "Quant" in kind and "Linear" not in kind else "", **attributes)
            for kind, inputs, output, attributes in nodes]
    graph = helper.make_graph(
        made, "g", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", features])],
        [helper.make_tensor_value_info(nodes[-1][2], onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17),
                                                      helper.make_opsetid("qonnx.custom_op.general", 1)]), path)
    return path


RNG = np.random.default_rng(8)
WEIGHTS = {"w1": RNG.normal(0, 1, (6, 5)).astype(np.float32), "w2": RNG.normal(0, 1, (3, 5)).astype(np.float32),
           "s": np.float32(0.5), "s4": np.float32([[0.25]]), "z": np.float32(0), "b2": np.float32(2),
           "b3": np.float32(3), "c": RNG.normal(0, 1, 5).astype(np.float32),
           "d": RNG.normal(0, 1, 5).astype(np.float32),
           "g": np.float32([1, -1, 0.5, 2, 1]), "v": np.ones(5, np.float32)}
QUANTIZED_MLP: list[tuple[str, list[str], str, dict[str, Any]]] = [
    ("Quant", ["x", "s4", "z", "b3"], "xq", {"signed": 0, "narrow": 0, "rounding_mode": "ROUND"}),
    ("Quant", ["w1", "s", "z", "b3"], "w1q", {"signed": 1, "narrow": 1, "rounding_mode": "ROUND"}),
    ("MatMul", ["xq", "w1q"], "y1", {}), ("BatchNormalization", ["y1", "g", "d", "c", "v"], "n1", {"epsilon": 0.0}),
    ("Relu", ["n1"], "r1", {}),
    ("Quant", ["r1", "s", "z", "b2"], "q1", {"signed": 0, "narrow": 0, "rounding_mode": "FLOOR"}),
    ("Quant", ["w2", "s", "z", "b3"], "w2q", {"signed": 1, "narrow": 1, "rounding_mode": "ROUND"}),
    ("Gemm", ["q1", "w2q"], "y2", {"transB": 1, "alpha": 0.5}), ("Softmax", ["y2"], "p", {})]


def test_qonnx_node_by_node(tmp_path: Path) -> None:
    """Against NumPy, written from the specification."""
    found = import_network(onnx_file(tmp_path / "net.onnx", QUANTIZED_MLP, WEIGHTS), 50)
    pixels = PIXELS[:300, 300:306]

    def quant(x: Any, scale: float, low: int, high: int, rounding: Any = np.rint) -> Any:
        return scale * np.clip(rounding(x / scale), low, high)

    x = quant(pixels / 255, 0.25, 0, 7)
    y = WEIGHTS["g"].astype(float) * (x @ quant(WEIGHTS["w1"], 0.5, -3, 3) - WEIGHTS["c"]) + WEIGHTS["d"]
    scores = 0.5 * quant(np.maximum(y, 0), 0.5, 0, 3, np.floor) @ quant(WEIGHTS["w2"], 0.5, -3, 3).T
    assert np.allclose(found.trained(pixels / 255), scores)
    assert np.array_equal(found.classes(pixels)[1], scores.argmax(1))
    assert found.network.layers[0].activation.states == 8
    assert found.network.layers[1].activation.states == 4


@pytest.mark.parametrize(("ends", "attributes", "low", "high"), [
    (["lo", "hi"], {}, -1.0, 1.0), (["lo"], {}, -1.0, np.inf), (["", "hi"], {}, -np.inf, 1.0),
    ([], {"min": -1.0, "max": 1.0}, -1.0, 1.0)])
def test_an_end_of_a_clip_may_be_left_out(tmp_path: Path, ends: list[str], attributes: dict[str, float], low: float,
                                          high: float) -> None:
    """Of data and of weights."""
    nodes = [("Clip", ["w1", *ends], "w1c", attributes), *changed(4, ("Clip", ["n1", *ends], "r1", attributes))]
    nodes[2] = ("Quant", ["w1c", *QUANTIZED_MLP[1][1][1:]], *QUANTIZED_MLP[1][2:])
    path = onnx_file(tmp_path / "net.onnx", nodes, WEIGHTS | {"lo": np.float32(-1), "hi": np.float32(1)})
    steps = import_network(path, 50).trained.steps
    assert [(step.low, step.high) for step in steps if isinstance(step, Monotone)] == [(low, high)]
    weights = next(step.weights for step in steps if isinstance(step, Linear))
    assert np.array_equal(weights, 0.5 * np.clip(np.rint(np.clip(WEIGHTS["w1"], low, high) / 0.5), -3, 3).T)


def changed(place: int, *nodes: tuple[str, list[str], str, dict[str, Any]]) -> Any:
    return [*QUANTIZED_MLP[:place], *nodes, *QUANTIZED_MLP[place + 1:]]


@pytest.mark.parametrize(("nodes", "words"), [
    (changed(4, ("LeakyRelu", ["n1"], "r1", {})), "LeakyRelu r1 has no place"),
    (changed(4, ("Add", ["n1", "y1"], "r1", {})), "Add r1 joins two results"),
    (changed(3, ("Div", ["c", "y1"], "n1", {})), "divides by what the network computes"),
    (changed(0, ("Quant", ["x", "c", "z", "b3"], "xq", {})), "Quant xq has 5 scales"),
    (changed(0, ("Quant", ["x", "s4", "z", "b3"], "xq", {"rounding_mode": "DITHER"})), "rounds by DITHER"),
    (changed(1, ("Quant", ["w1", "s", "s", "b3"], "w1q", {})), "weights with a zero point"),
    (changed(1, ("Erf", ["w1"], "w1q", {})), "Erf w1q, of constants"),
    (changed(2, ("MatMul", ["w1q", "xq"], "y1", {})), "second operand"),
    ([*QUANTIZED_MLP, ("Relu", ["p"], "last", {})], "follows Softmax p, which must be the last"),
    (QUANTIZED_MLP[:1], "has no linear layer"),
    ([("MatMul", ["x", "w1"], "y1", {})], "the weights of MatMul y1 are real numbers")])
def test_onnx_that_has_no_place_is_refused_by_name(tmp_path: Path, nodes: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        import_network(onnx_file(tmp_path / "net.onnx", nodes, WEIGHTS), 50)


def test_sign_and_constant_nodes(tmp_path: Path) -> None:
    nodes = [("Mul", ["x", "two"], "x2", {}), ("Sub", ["x2", "one"], "x1", {}), ("Sign", ["x1"], "xs", {}),
             ("BipolarQuant", ["w1", "s"], "w1q", {}), ("MatMul", ["xs", "w1q"], "y1", {})]
    path = onnx_file(tmp_path / "net.onnx", nodes, WEIGHTS | {"two": np.float32(2), "one": np.float32(1)})
    found = import_network(path, 50, pixel_range=(0.0, 255 / 254))  # byte 127 is 0.5 exactly
    pixels = np.random.default_rng(1).choice(np.array([0, 127, 255], np.uint8), (200, 6))
    scores = np.sign(pixels.astype(float) - 127) @ np.where(WEIGHTS["w1"] >= 0, 0.5, -0.5)
    assert np.array_equal(found.classes(pixels)[1], scores.argmax(1))
    assert found.network.layers[0].activation.states == 3


def test_float_onnx_files_are_quantized(tmp_path: Path) -> None:
    nodes = [("Flatten", ["x"], "f", {"axis": 1}), ("MatMul", ["f", "w1"], "y1", {}), ("Add", ["c", "y1"], "b1", {}),
             ("Relu", ["b1"], "r1", {}), ("Gemm", ["r1", "w2"], "y2", {"transB": 1}), ("ArgMax", ["y2"], "k", {})]
    path, pixels = onnx_file(tmp_path / "net.onnx", nodes, WEIGHTS), PIXELS[:300, 300:306]
    scores = np.maximum(pixels / 255 @ WEIGHTS["w1"] + WEIGHTS["c"], 0) @ WEIGHTS["w2"].T
    agreement = {}
    for states in (3, 16):
        found = import_network(path, 50, states=states, calibration=pixels)
        original, exact = found.classes(pixels)
        assert np.array_equal(original, scores.argmax(1))
        agreement[states] = np.mean(exact == original)
    assert agreement[16] > 0.95
    assert agreement[16] > agreement[3]


def test_onnx_files_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    (tmp_path / "bad.onnx").write_bytes(b"\xff" * 50)
    for name, words in (("bad.onnx", "not a readable ONNX file"), ("none.onnx", "no file")):
        with pytest.raises(InputError, match=words):
            import_network(tmp_path / name, 50)
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(InputError, match=r"pip install 'spinsc\[onnx\]'"):
        import_network(tmp_path / "bad.onnx", 50)


# descriptions

DESCRIPTION: dict[str, Any] = {"features": 6, "tensors": "net.npz", "layers": [
    {"scale": 2.0, "shift": -1.0}, {"quantize": 0.25, "bits": 3},
    {"linear": "fc1.weight", "scale": 0.5, "bias": "fc1.bias"},
    {"batch_norm": "bn1", "eps": 1e-3}, {"clip": [-1, 1]}, {"quantize": 0.5, "bits": 2, "narrow": True},
    {"linear": "fc2.weight", "scale": 0.25, "transposed": True}]}
TENSORS = {"fc1.weight": np.random.default_rng(3).integers(-3, 4, (5, 6)) * 0.5, "fc1.bias": np.arange(5) / 7,
           "bn1.running_mean": np.arange(5) / 3, "bn1.running_var": np.ones(5) * 2,
           "bn1.weight": np.array([1, -1, 2, 1, 3.0]),
           "fc2.weight": np.random.default_rng(4).integers(-3, 4, (5, 3)) * 0.25}


def described(folder: Path, description: Any, suffix: str = ".json") -> Path:
    np.savez(folder / "net.npz", **TENSORS)
    torch.save({name: torch.as_tensor(value) for name, value in TENSORS.items()}, folder / "net.pt")
    if suffix == ".json":
        text = json.dumps(description)
    else:
        def toml(value: Any) -> str:
            return json.dumps(value) if not isinstance(value, dict) else \
                "{" + ", ".join(f"{key} = {toml(part)}" for key, part in value.items()) + "}"
        text = "\n".join(f"{key} = {toml(value) if key != 'layers' else '[' + ', '.join(map(toml, value)) + ']'}"
                         for key, value in description.items())
    (folder / f"net{suffix}").write_text(text)
    return folder / f"net{suffix}"


def test_described_state_dicts(tmp_path: Path) -> None:
    pixels = PIXELS[:300, 300:306]
    model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5, eps=1e-3), nn.Hardtanh(),
                          nn.Linear(5, 3, bias=False)).double()
    model.load_state_dict({"0.weight": torch.as_tensor(TENSORS["fc1.weight"]),
                           "0.bias": torch.as_tensor(TENSORS["fc1.bias"]),
                           **{f"1.{name}": torch.as_tensor(TENSORS.get(f"bn1.{name}", np.zeros(5))) for name in (
                               "running_mean", "running_var", "weight", "bias")},
                           "3.weight": torch.as_tensor(TENSORS["fc2.weight"].T)}, strict=False)
    first, second = nn.Sequential(*model.eval()[:3]), model[3]
    with torch.no_grad():
        x = 0.25 * torch.round((2 * torch.as_tensor(pixels / 255) - 1) / 0.25).clamp(-4, 3)
        expected = second(0.5 * torch.round(first(x.double()) / 0.5).clamp(-1, 1)).numpy()
    hashes = set()
    for tensors, suffix in (("net.npz", ".json"), ("net.pt", ".toml")):
        found = import_network(described(tmp_path, DESCRIPTION | {"tensors": tensors}, suffix), 50)
        assert np.allclose(found.trained(pixels / 255), expected)
        assert np.array_equal(found.classes(pixels)[1], expected.argmax(1))
        hashes.add(found.network.hash)
    assert len(hashes) == 1


@pytest.mark.parametrize(("change", "words"), [
    (lambda d: d.pop("layers"), "must have 'layers'"), (lambda d: d.update(layrs=[]), "unknown key 'layrs'.*layers"),
    (lambda d: d["layers"].append({"softmax": True}), "none of linear"),
    (lambda d: d["layers"][1].update(bit=2), "unknown key 'bit' .did you mean bits"),
    (lambda d: d["layers"][2].update(linear="fc.weight"), "tensor 'fc.weight', which is not there .did you mean fc"),
    (lambda d: d["layers"][2].update(scale=0.3), "integers times their scale"),
    (lambda d: d.update(features=9), "takes 6 inputs, but there are 9"),
    (lambda d: d.update(tensors="no.npz"), "no file"),
    (lambda d: d["layers"].insert(0, "relu"), "layer 0 must be an object"),
    (lambda d: d["layers"][4].update(clip=[1]), "layer 4, {'clip': .1.}, has a value of the wrong kind"),
    (lambda d: d["layers"][1].update(quantize=[1, 2]), "layer 1, .* has a value of the wrong kind"),
    (lambda d: d["layers"][1].update(bits="two"), "layer 1, .* has a value of the wrong kind"),
    (lambda d: d["layers"][1].update(bits=0), r"layer 1 \(quantize\): bits must be from 1 to 32, not 0"),
    (lambda d: d["layers"][3].update(eps="small"), "layer 3, .* has a value of the wrong kind"),
    (lambda d: d.update(features="six"), "'features' must be a whole number, not 'six'")])
def test_descriptions_that_are_wrong(tmp_path: Path, change: Any, words: str) -> None:
    description = json.loads(json.dumps(DESCRIPTION))
    change(description)
    with pytest.raises(InputError, match=words):
        import_network(described(tmp_path, description), 50)


# modules of PyTorch, and quantization after training


def test_float_networks_need_states_and_data() -> None:
    model = float_network(JET_TAGGING, 1).eval()
    with pytest.raises(InputError, match=r"weights of 0 \(Linear\) .and 6 more. are real numbers.*--states K.*--calib"):
        import_network(model, 100)
    with pytest.raises(InputError, match=r"calibration data have .15,. features"):
        import_network(model, 100, states=5, calibration=FEATURES[:, 1:])
    for bad in (nn.Sequential(nn.Linear(3, 2), nn.GELU(), nn.Linear(2, 2)),
                nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))):
        with pytest.raises(InputError, match=r"1 \((GELU|LayerNorm)\) has no place"):
            import_network(bad, 100)
    for source in ("model.h5", nn.Conv2d, 3):
        with pytest.raises(InputError, match="is no network that spinsc imports"):
            import_network(source, 100)
    assert set(NETWORK_IMPORTERS) >= {"description", "modules", "onnx"}


@pytest.mark.parametrize("norms", [True, False])
def test_quantization_after_training_for_every_number_of_states(norms: bool) -> None:
    """Of a float network of hls4ml's shape: what is lost shrinks with K; the chain and the network agree exactly."""
    points, labels = blobs(16, 5, 600)
    model = trained(float_network(JET_TAGGING, 1, norms=norms), points, labels)
    tested, right = blobs(16, 5, 1000, seed=5)
    as_trained = float(np.mean(classes_of(model, tested) == right))
    accuracy = {}
    for states in range(2, 17) if norms else (3, 5, 8):
        found = import_network(model, 100, states=states, calibration=points)
        original, exact = found.classes(tested)
        assert np.array_equal(original, classes_of(model, tested))
        accuracy[states] = float(np.mean(exact == right))
        assert {side.states for layer in found.network.layers for side in layer.sides} == {states}
        assert len(found.notes) == 1  # the input's quantizer
    assert as_trained > 0.97
    assert accuracy[3] > 0.7
    assert accuracy[5] > as_trained - 0.05
    assert min(share for states, share in accuracy.items() if states >= 8) > as_trained - 0.015


def test_images_and_their_range(tmp_path: Path) -> None:
    """Bytes stay bytes; the default input has all of their states."""
    model = nn.Sequential(nn.Linear(6, 3)).eval()
    pixels = PIXELS[:300, 300:306]
    found = import_network(model, 100, states=16, input_states=256, calibration=pixels, pixel_range=(-1.0, 1.0))
    assert found.network.layers[0].activation.states == 256
    assert np.array_equal(found.network.input_thresholds, np.arange(1, 256))
    assert "features" not in found.network.provenance
    with torch.no_grad():
        expected = model(torch.as_tensor(pixels / 127.5 - 1).float()).argmax(1).numpy()
    assert np.array_equal(found.classes(pixels)[0], expected)
    assert np.mean(found.classes(pixels)[1] == expected) > 0.95


@pytest.mark.parametrize(("bits", "signed", "narrow", "expected"), [
    (2, True, False, (-2, 1)), (2, True, True, (-1, 1)), (2, False, False, (0, 3)), (3, False, True, (0, 6)),
    (1, True, False, (-1, 0)), (8, True, True, (-127, 127))])
def test_ranges_of_integers(bits: int, signed: bool, narrow: bool, expected: tuple[int, int]) -> None:
    assert integer_range(bits, signed=signed, narrow=narrow) == expected
