"""Archives are looked at before they are read."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from spinsc.archives import DamagedArchive, open_archive
from spinsc.errors import InputError


def test_arrays_are_those_that_numpy_wrote(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6, dtype=np.int16).reshape(2, 3), "b": np.zeros((0, 4)), "c": np.array(2.5)}
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        with open_archive(tmp_path / "a.npz") as archive:
            assert archive.names == ["a", "b", "c"]
            for name, array in arrays.items():
                assert archive.header(name) == (array.shape, array.dtype)
                assert archive.size(name) == array.nbytes
                assert np.array_equal(archive.read(name, array.nbytes), array)


def test_what_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(1 << 20, np.uint8), meta=np.zeros(1 << 25, np.uint8))
    monkeypatch.setattr(np.lib.format, "read_array", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(DamagedArchive, match="'a' declares 1,048,576 bytes, more than 1,048,575"), \
            open_archive(tmp_path / "a.npz") as archive:
        archive.read("a", (1 << 20) - 1)
    with pytest.raises(DamagedArchive, match="'meta' declares 33,554,432 bytes"), \
            open_archive(tmp_path / "a.npz") as archive:
        archive.meta()


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", b"PK\5\6" + bytes(18)])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DamagedArchive), open_archive(tmp_path / "a.npz") as archive:
        archive.meta()


def test_every_flipped_byte_and_every_cut_is_damage_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, meta=np.frombuffer(b'{"a": 1}', np.uint8))
    whole = path.read_bytes()
    for place in range(len(whole)):
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1:]):
            path.write_bytes(damaged)
            with contextlib.suppress(DamagedArchive), open_archive(path) as archive:
                archive.meta()


def test_objects_errors_of_the_block_and_missing_files_pass(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.array([{}], object))
    with pytest.raises(DamagedArchive), open_archive(tmp_path / "a.npz") as archive:
        archive.read("a", 1 << 20)
    with pytest.raises(DamagedArchive, match="it has no 'b'"), open_archive(tmp_path / "a.npz") as archive:
        archive.header("b")
    with pytest.raises(InputError, match=r"^mine$"), open_archive(tmp_path / "a.npz"):
        raise InputError("mine")
    with pytest.raises(FileNotFoundError), open_archive(tmp_path / "b.npz"):
        pass
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as file:
        file.writestr("meta.npy", b"\x93NUMPY\x09\x00")
    with pytest.raises(DamagedArchive, match="version"), open_archive(tmp_path / "c.npz") as archive:
        archive.meta()
