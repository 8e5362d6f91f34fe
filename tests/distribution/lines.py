"""A command line of every command, at small size, in the order in which they are run in one folder."""

from __future__ import annotations

#: Makes what the lines read; run by the installed package's Python.
INPUTS = '''
import json
import numpy as np
import onnx
from onnx import TensorProto, helper
from spinsc.models.data.catalogue import embedded_images

digits = embedded_images()[:400]
np.savez("digits.npz", images=digits.images, labels=digits.labels)
rng = np.random.default_rng(0)
weights = [rng.normal(size=shape).astype(np.float32) for shape in ((784, 8), (8, 10))]
inner, outer = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n]) for name, n in (("x", 784), ("y", 10)))
nodes = [helper.make_node("MatMul", ["x", "w0"], ["a"]), helper.make_node("Relu", ["a"], ["b"]),
         helper.make_node("MatMul", ["b", "w1"], ["y"])]
graph = helper.make_graph(nodes, "g", [inner], [outer], [
    helper.make_tensor(f"w{n}", TensorProto.FLOAT, part.shape, part.ravel()) for n, part in enumerate(weights)])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), "model.onnx")
bits = (rng.random(20000) < 0.5).astype(float)
np.savetxt("scope.csv", np.column_stack([2e-8 * np.arange(len(bits)), 0.2 + 0.15 * bits]), delimiter=",",
           header="time_s,voltage_V", comments="")
open("spinsc.toml", "w").write("""
network = "net.npz"
[hardware]
lanes = 28
neurons = 4
[recording.simulate]
[checks]
data = "digits.npz"
images = 3
jobs = 1
""")
'''

#: Studies compute for hours, so all but one are only begun, and end at a scheduler that is not there: exit code 2.
REFUSED = tuple(f"study {name} --scheduler tcp://127.0.0.1:1"
                for name in ("cost", "device", "flips", "junctions", "llg", "paper", "verdict"))
#: In the order in which they are run.
LINES = (
    "doctor", "completion bash", "networks", "data",
    "train --hidden 8 --states 3 --length 16 --epochs 1 --data digits.npz --validation-images 50 --out net.npz",
    "import model.onnx --states 5 --calibration digits.npz --length 16 --out imported.npz",
    "eval net.npz --data digits.npz --images 50 --report eval.html",
    "recording simulate --network net.npz --images 3 --out bits.npz",
    "recording import scope.csv --out scope.npz",
    "recording improve bits.npz --xor 2 --out better.npz",
    "recording info scope.npz --picture scope.png",
    "junctions scope.csv --no-ranking --report junctions.html",
    "calibrate net.npz --recording bits.npz --random-bits 1 --out calibrated.npz",
    "emit net.npz --rng lfsr --out hw",
    "cosim hw --data digits.npz --images 3 --jobs 1 --report cosim.html --junit cosim.xml",
    "cosim hw --data digits.npz --images 3 --scheduler local --jobs 1",
    "synth hw --target ecp5-25k",
    "cost hw --data digits.npz",
    "run",
    "explore --networks net.npz --lengths 8 --lanes 28 --neurons 8 --unroll 1 --images 50 --jobs 1 --out explored",
    "sweep net.npz --data digits.npz --images 50 --length 8 --states 3 --seeds 1 --jobs 1 --out swept",
    "study fits",
    *REFUSED,
    "regression mlp1-k5 --images 2 --jobs 1")
