"""Network files that are none, or damaged."""

import io
import zipfile

import numpy as np

from tests.sim.cli.samples import SMALL, rewritten


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
