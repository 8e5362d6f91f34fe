"""Registries: names without imports, what others add, and errors that say what there is."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from spinsc import registry as registry_module
from spinsc.errors import InputError
from spinsc.registry import Registry


@pytest.fixture
def fractions(monkeypatch):
    points = [EntryPoint("theirs", "decimal:Decimal", "spinsc.toys"),
              EntryPoint("broken", "decimal:Nothing", "spinsc.toys")]
    monkeypatch.setattr(registry_module, "entry_points", lambda group: points if group == "spinsc.toys" else [])
    return Registry("toy", "spinsc.toys", {"ours": "fractions:Fraction"})


def test_own_and_those_of_other_packages(fractions):
    assert list(fractions) == ["ours", "theirs", "broken"]
    assert fractions["ours"].__name__ == "Fraction"
    assert fractions["theirs"].__name__ == "Decimal"


def test_registration(fractions):
    assert "mine" not in fractions
    fractions["mine"] = int
    assert fractions.find("mine") is int
    assert list(fractions) == ["ours", "theirs", "broken", "mine"]
    assert len(fractions) == 4
    fractions["ours"] = float
    assert fractions["ours"] is float
    del fractions["ours"]
    assert fractions["ours"].__name__ == "Fraction"


def test_unknown_names_are_answered_with_those_that_there_are(fractions):
    with pytest.raises(InputError, match=r"^unknown toy 'dice'; choose ours, theirs or broken$"):
        fractions.find("dice")
    with pytest.raises(InputError, match=r"^unknown toy 'dice'; choose ours$"):
        Registry("toy", "spinsc.none", {"ours": "fractions:Fraction"}).find("dice")
    with pytest.raises(KeyError):
        fractions["dice"]


def test_what_cannot_be_imported_is_named(fractions):
    with pytest.raises(InputError, match=r"^the toy 'broken' \(decimal:Nothing\) cannot be imported: .*Nothing"):
        fractions.find("broken")


def test_names_import_nothing():
    script = ("import sys; from spinsc.registry import Registry; "
              "print(*Registry('toy', 'spinsc.none', {'ours': 'sndhdr_of_nobody:x', 'wave': 'wave:open'})); "
              "print('wave' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ours", "wave", "False"]
