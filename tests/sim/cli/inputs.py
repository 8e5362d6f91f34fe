"""A folder of inputs, good and bad, that command lines of `test_bad_input` name."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np

from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import embedded_images
from spinsc.sim.cli import main as cli
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import Recording
from tests.sim.cli.samples import SMALL


def make_inputs(folder: Path) -> None:
    """Write all of them."""
    _networks(folder)
    _recordings(folder)
    _tables(folder)
    _images(folder)
    _bombs(folder)
    _emitted(folder)
    (folder / "folder").mkdir()
    (folder / "full").mkdir()
    (folder / "full" / "precious").write_text("")
    (folder / "kept.state").write_text("")
    (folder / "old.png").write_text("")


def _networks(folder: Path) -> None:
    SMALL.save(folder / "small.npz")
    random_network((30, 10), input_states=2, weight_states=2, activation_states=2, length=2, seed=0).save(
        folder / "tiny.npz")
    whole = (folder / "small.npz").read_bytes()
    (folder / "cut.npz").write_bytes(whole[:len(whole) // 2])
    (folder / "empty.npz").write_bytes(b"")
    np.savez(folder / "other.npz", a=np.zeros(3))
    np.savez(folder / "pickled.npz", meta=np.array([{}], object))


def _recordings(folder: Path) -> None:
    image = max(SMALL.steps)
    SMTJ().simulate(SMALL.devices, 4 * image).save(folder / "four.npz")
    SMTJ().simulate(SMALL.devices, image // 2).save(folder / "half.npz")
    SMTJ().simulate(7, 100_000).save(folder / "seven.npz")
    bits = np.tile(np.arange(200) % 2, (SMALL.devices, 1))
    Recording.from_bits(np.tile([0, 0, 1, 1], (3, 50)), {"kind": "measured"}).save(folder / "regular.npz")
    bits[3] = 1
    Recording.from_bits(bits, {"kind": "measured"}, allow_constant=True).save(folder / "stuck.npz")


def _tables(folder: Path) -> None:
    (folder / "scope.csv").write_text("time,voltage\n" + "".join(f"{n}e-6,{n // 3 % 2}.1\n" for n in range(80)))
    shutil.copy(folder / "scope.csv", folder / "scope.npz")
    (folder / "nan.csv").write_text("time,voltage\n0,0.1\n1,0.5\n2,nan\n3,0.1\n")
    (folder / "flat.csv").write_text("time,voltage\n" + "".join(f"{n},0.5\n" for n in range(80)))
    (folder / "many.csv").write_text("time,a,b\n0,1,0\n1,0,1\n")
    digits = np.random.default_rng(0).integers(0, 16, 400)
    (digits % 2).astype(np.uint8).tofile(folder / "samples.bin")
    np.random.default_rng(1).integers(0, 256, 400).astype(np.uint8).tofile(folder / "packed.raw")
    (folder / "lines.bits").write_text("".join(map(str, digits % 2)))
    np.save(folder / "bits.npy", digits % 2 == 1)
    np.save(folder / "symbols.npy", digits.astype(np.uint8))
    for name, values in (("bits", digits % 2), ("ternary", digits % 3), ("quaternary", digits % 4),
                         ("one_two", np.where(np.arange(400) == 30, 2, digits % 2))):
        (folder / f"{name}.csv").write_text("time,level\n" + "".join(f"{n}e-6,{v}\n" for n, v in enumerate(values)))
    (folder / "data.xyz").write_text("?")
    (folder / "bytes.bin").write_bytes(b"\0\2")
    (folder / "empty.bin").write_bytes(b"")
    np.save(folder / "zeros.npy", np.zeros(100, np.uint8))
    np.save(folder / "short.npy", np.tile(np.arange(70) % 2, (2, 1)))
    (folder / "fold.json").write_text(json.dumps([{"lanes": 56, "units": 3, "unroll": 1}, {"lanes": 5, "units": 10}]))
    (folder / "one.json").write_text('[{"lanes": 56, "units": 3, "unroll": 1}]')
    (folder / "negative.json").write_text('[{"lanes": -1, "units": 1}, {"lanes": 5, "units": 10}]')
    (folder / "words.json").write_text('[{"lanes": "many", "units": 1}, {"lanes": 5, "units": 10}]')
    (folder / "nested.json").write_text("[" * 100_000)
    (folder / "binary.json").write_bytes(b"\xff\xfe\0")


def _images(folder: Path) -> None:
    digits = embedded_images("mnist")[:7]
    np.savez(folder / "own.npz", images=digits.images, labels=digits.labels)
    np.savez(folder / "floats.npz", images=digits.images / 255, labels=digits.labels)


def _bombs(folder: Path) -> None:
    """Archives that declare far more than they hold: whoever reads them first and asks later has a long wait."""
    def declare(name: str, meta: dict[str, object] | None, **arrays: tuple[tuple[int, ...], str]) -> None:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            if meta is not None:
                content = io.BytesIO()
                np.save(content, np.frombuffer(json.dumps(meta).encode(), np.uint8))
                archive.writestr("meta.npy", content.getvalue())
            for entry, (shape, kind) in arrays.items():
                header = io.BytesIO()
                np.lib.format.write_array_header_1_0(
                    header, {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False,
                             "shape": shape})
                archive.writestr(f"{entry}.npy", header.getvalue() + bytes(1000))

    declare("bomb_network.npz", {"format": "spinsc-network", "version": 1, "layers": []},
            weights=((1 << 20, 1 << 20), "u1"))
    declare("bomb_recording.npz", {"format": "spinsc-recording", "version": 1, "devices": 1 << 20, "steps": 1 << 33},
            packed=((1 << 20, 1 << 30), "u1"))
    declare("bomb_images.npz", None, labels=((7,), "i8"), images=((7, 1 << 50), "u1"))


def _emitted(folder: Path) -> None:
    for name, options in (("hw", ()), ("lfsr", ("--rng", "lfsr"))):
        assert cli.main(["emit", str(folder / "small.npz"), "-o", str(folder / name), *options]) == 0
    shutil.copytree(folder / "hw", folder / "swapped")
    SMALL.with_length(7).save(folder / "swapped" / "network.npz")
    shutil.copytree(folder / "hw", folder / "unreadable")
    (folder / "unreadable" / "manifest.json").write_text("{}")
