"""The manifest: what is written is read, what is not one is refused with the place, and the schema is the types'."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.gen.manifest import LayerEntry, Manifest, edited_files, load_manifest
from spinsc.gen.schema import manifest_schema
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding

SCHEMA = Path(__file__).parents[2] / "docs" / "manifest.schema.json"


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    network = random_network((13, 7, 4), input_states=5, weight_states=4, activation_states=3, length=3, seed=1,
                             folding=[Folding(5, 3), Folding(4, 2)])
    rows = [[0, 50, 128, 256], [0, 0, 100, 256]]
    network = network.with_plan("groups=2,delay=3,activation.source=tuned")
    network = network.with_calibrated_thresholds([(None, rows), (None, None)])
    folder = tmp_path_factory.mktemp("emitted") / "hw"
    return emit(network, folder), folder


def test_what_is_written_is_read(emitted, tmp_path):
    manifest, folder = emitted
    assert load_manifest(folder) == manifest
    manifest.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == (folder / "manifest.json").read_text()


def test_plan_holds_what_differs_from_the_default(emitted):
    _, folder = emitted
    plan = json.loads((folder / "manifest.json").read_text())["layers"][0]["plan"]
    assert plan == {"activation": {"groups": 2, "delay": 3, "source": "tuned"},
                    "weight": {"groups": 2, "delay": 3, "thresholds": [[0, 50, 128, 256], [0, 0, 100, 256]]}}


def test_files_of_others_are_refused(tmp_path):
    with pytest.raises(InputError, match="is not a directory written by 'spinsc emit'"):
        load_manifest(tmp_path)
    path = tmp_path / "manifest.json"
    for content in ("[]", json.dumps({"format": "spinsc-manifest", "version": 99}), "{}"):
        path.write_text(content)
        with pytest.raises(InputError, match=r"manifest.json is not a manifest of version 1; emit the network again"):
            load_manifest(tmp_path)
    for content in ("", "{", '{"format": "spinsc-manifest", "version": 1', "[" * 100_000):
        path.write_text(content)
        with pytest.raises(InputError, match=r"manifest.json is not a JSON file \(.*\); emit the network again"):
            load_manifest(tmp_path)


@pytest.mark.parametrize(("change", "message"), [
    (lambda m: m.pop("length"), "missing required field `length`"),
    (lambda m: m.update(lenght=3), "unknown field `lenght`"),
    (lambda m: m.update(length="3"), r"Expected `int`, got `str` - at `\$\.length`"),
    (lambda m: m["layers"][1].update(lanes=0), r">= 1 - at `\$\.layers\[1\]\.lanes`"),
    (lambda m: m["layers"][0]["plan"]["weight"].update(source="dice"), r"'dice' - at `\$\.layers.*\.source`"),
    (lambda m: m["ports"][0].update(direction="inout"), r"'inout' - at `\$\.ports\[0\]\.direction`"),
    (lambda m: m.update(layers=[]), r"length >= 1 - at `\$\.layers`"),
    (lambda m: m["layers"][0].update(output_states=257), r"<= 256 - at `\$\.layers.*\.output_states`")])
def test_damage_is_named_with_its_place(emitted, tmp_path, change, message):
    content = json.loads((emitted[1] / "manifest.json").read_text())
    change(content)
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=f"manifest.json is not a valid manifest .*{message}"):
        load_manifest(tmp_path)


def test_schema_in_the_docs_is_that_of_the_types():
    """``python -m spinsc.gen.schema docs/manifest.schema.json`` makes it."""
    assert json.loads(SCHEMA.read_text()) == manifest_schema()


def test_schema_describes_every_field(emitted):
    definitions = manifest_schema()["$defs"]
    content = json.loads((emitted[1] / "manifest.json").read_text())
    assert set(definitions["Manifest"]["properties"]) == set(Manifest.__struct_fields__)
    assert set(definitions["Manifest"]["required"]) == set(content)
    assert set(definitions["LayerEntry"]["properties"]) == set(LayerEntry.__struct_fields__)
    assert set(definitions["LayerEntry"]["required"]) == set(content["layers"][0])
    assert [name for part in definitions.values() for name, given in part["properties"].items()
            if not given.get("description")] == []
    assert all("None" not in part["description"] and "\n" not in part["description"] for part in definitions.values())


def test_edited_files_are_those_that_differ_are_missing_or_were_added(emitted, tmp_path):
    manifest, folder = emitted
    edited = tmp_path / "hw"
    shutil.copytree(folder, edited)
    assert edited_files(edited, manifest) == []
    (edited / "build").mkdir()
    (edited / "build" / "anything").touch()
    (edited / "notes.txt").touch()
    assert edited_files(edited, manifest) == []
    (edited / "rtl" / "deep").mkdir()
    for name in ("mem/new.mem", "rtl/deep/new.vh", "rtl/new.v"):
        (edited / name).touch()
    (edited / "rtl" / "spinsc_rom.sv").unlink()
    (edited / "mem" / "layer1_biases.mem").write_text("")
    assert edited_files(edited, manifest) == [
        "mem/layer1_biases.mem", "rtl/spinsc_rom.sv", "mem/new.mem", "rtl/deep/new.vh", "rtl/new.v"]
    assert edited_files(edited, msgspec.structs.replace(manifest, files={})) == []
