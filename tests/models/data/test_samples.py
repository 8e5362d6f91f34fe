"""Samples of one's own: archives, tables and folders, bytes and real numbers, and how they are divided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.data.features import FeatureScaling
from spinsc.models.data.own import divided, own_sets
from spinsc.models.data.samples import as_samples, load_samples

REAL = np.array([[0.5, -1.0], [2.5, 3.0], [1.5, 7.0]])


def test_archives_under_the_names_that_people_use(tmp_path: Path) -> None:
    for names in (("images", "labels"), ("x", "y"), ("X", "Y"), ("features", "targets"), ("data", "target")):
        np.savez(tmp_path / "a.npz", **dict(zip(names, (REAL, [0, 2, 1]), strict=True)))
        found = load_samples(tmp_path / "a.npz")
        assert np.array_equal(found.values, REAL)
        assert found.labels is not None
        assert found.labels.tolist() == [0, 2, 1]
        assert found.real
    np.savez(tmp_path / "b.npz", x_train=REAL, y_train=[0, 1, 0], x_test=REAL[:1], y_test=[1])
    assert len(load_samples(tmp_path / "b.npz", "train")) == 3
    assert len(load_samples(tmp_path / "b.npz", "test")) == 1
    sets = own_sets(tmp_path / "b.npz")
    assert (len(sets.training), len(sets.test)) == (3, 1)


def test_bytes_are_told_from_real_numbers() -> None:
    digits = embedded_images()[:5]
    pixels = digits.images
    for values in (pixels, pixels.astype(int), pixels.astype(float), pixels.reshape(5, 28, 28)):
        found = as_samples(values, digits.labels, "")
        assert not found.real
        assert found.shape == (28, 28)
        assert np.array_equal(found.values, digits.images)
    for values in (pixels / 255, pixels - 1.0, pixels.astype(float) * 2, np.arange(16).reshape(4, 4)):
        assert as_samples(values, None, "").real
    assert as_samples(REAL, np.eye(3)[[2, 0, 1]], "").labels.tolist() == [2, 0, 1]  # type: ignore[union-attr]


@pytest.mark.parametrize(("text", "labels", "classes"), [
    ("a,b,label\n.5,-1,0\n2.5,3,2\n1.5,7,1\n", [0, 2, 1], ()),
    (".5,-1,0\n2.5,3,2\n1.5,7,1\n", [0, 2, 1], ()),
    ("class;a;b\nsetosa;.5;-1\nvirginica;2.5;3\nversicolor;1.5;7\n", [0, 2, 1],
     ("setosa", "versicolor", "virginica")),
    (".5\t-1\tx\n2.5\t3\tz\n1.5\t7\ty\n", [0, 2, 1], ("x", "y", "z")),
    (".5 -1 0\n2.5 3 2\n1.5 7 1\n\n", [0, 2, 1], ()),
    ("\ufeffa,y,b\r\n.5,0,-1\r\n2.5,2,3\r\n1.5,1,7\r\n", [0, 2, 1], ())])
def test_tables(tmp_path: Path, text: str, labels: list[int], classes: tuple[str, ...]) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    found = load_samples(tmp_path / "t.csv")
    assert np.array_equal(found.values, REAL)
    assert found.labels is not None
    assert found.labels.tolist() == labels
    assert found.classes == classes


def test_the_column_of_the_labels_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("kind,a,b\n1,.5,-1\n0,2.5,3\n")
    for column in ("kind", "0"):
        found = load_samples(tmp_path / "t.csv", label_column=column)
        assert found.labels is not None
        assert found.labels.tolist() == [1, 0]
    with pytest.raises(InputError, match=r"no column 'knid' .did you mean kind"):
        load_samples(tmp_path / "t.csv", label_column="knid")


@pytest.mark.parametrize(("name", "content", "words"), [
    ("t.csv", "a,b,label\n1,x,0\n2,3,1\n", "row 2, column 1 is 'x'"), ("t.csv", "1,2,0\n1,0\n", "row 2 has 2 cells"),
    ("t.csv", "1,2,0\n", "has 1 rows"), ("t.csv", "1,nan,0\n2,2,1\n", "feature 1 of sample 0 is nan"),
    ("t.csv", "1,2,-1\n2,2,1\n", "labels must be from 0"), ("t.csv", "1,2,0.5\n2,2,1\n", "labels must be"),
    ("t.npz", "junk", "not readable as samples"), ("t.parquet", "junk", "not as .parquet"),
    ("t.npy", "junk", "not readable")])
def test_what_is_wrong_is_said_with_the_place(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=words):
        load_samples(tmp_path / name)
    with pytest.raises(InputError, match=r"no (file|data folder)"):
        load_samples(tmp_path / f"absent{name}" if name != "t.parquet" else tmp_path / "absent")


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_features_span_the_bytes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (50, 3)) * 10.0 ** rng.integers(-6, 6, 3)
    values[:, 2] = rng.normal()  # the same in all samples
    scaling = FeatureScaling.spanning(values)
    found = scaling.bytes(values)
    exact = 255 * (values - values.min(0)) / np.where(np.ptp(values, axis=0) > 0, np.ptp(values, axis=0), 1)
    assert np.abs(found - exact).max() <= 0.5 + 1e-6
    assert found[:, :2].min(0).tolist() == [0, 0]
    assert found[:, :2].max(0).tolist() == [255, 255]
    assert scaling.bytes(values + 1e9)[:, :2].min() == 255
    with pytest.raises(InputError, match="2 features, but the network was trained on 3"):
        scaling.bytes(values[:, :2])


def test_a_fifth_is_set_aside_and_scaled_as_the_rest() -> None:
    rng = np.random.default_rng(1)
    samples = as_samples(rng.normal(0, 1, (103, 4)), rng.integers(0, 3, 103), "")
    sets = divided(samples, 5)
    assert (len(sets.training), len(sets.test)) == (83, 20)
    assert sets.table
    again = divided(samples, 5)
    assert np.array_equal(sets.test.images, again.test.images)
    assert not np.array_equal(sets.test.images, divided(samples, 6).test.images)
    scaling = FeatureScaling(*(np.array(sets.facts["features"][name]) for name in ("gain", "offset")))
    rows = {row.tobytes() for row in (*sets.training.images, *sets.test.images)}
    assert rows == {row.tobytes() for row in scaling.bytes(samples.values)}
    assert sets.training.images.max() == 255


def test_sets_that_do_not_belong_together(tmp_path: Path) -> None:
    tables = {"train.csv": "a,b,label\n.5,1,x\n1,2,y\n2,2,z\n", "test.csv": "a,b,label\n.5,1,z\n1,2,y\n",
              "other.csv": "a,b,label\n.5,1,q\n1,2,y\n", "wide.csv": "a,b,c,label\n.5,1,2,x\n1,2,3,y\n"}
    for name, text in tables.items():
        (tmp_path / name).write_text(text)
    sets = own_sets(tmp_path / "train.csv", tmp_path / "test.csv")
    assert sets.test.labels.tolist() == [2, 1]
    assert sets.facts["classes"] == ["x", "y", "z"]
    for name, words in (("other.csv", "has the class 'q'"), ("wide.csv", "of the same kind")):
        with pytest.raises(InputError, match=words):
            own_sets(tmp_path / "train.csv", tmp_path / name)
    with pytest.raises(InputError, match="has 3 samples, too few"):
        own_sets(tmp_path / "train.csv")
