"""Layout of tables and reports, plain and on a terminal."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from spinsc.sim.cli.surroundings import prepare_streams
from spinsc.sim.report import terminal
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table, markdown


def test_columns_of_numbers_are_set_to_the_right():
    assert str(Table([["name", "n", "accuracy"], ["a", "1,000", "98.00 %"], ["long one", "-", "7.10 %"]])) == (
        "name          n  accuracy\n"
        "a         1,000   98.00 %\n"
        "long one      -    7.10 %")


def test_columns_of_words_and_empty_ones_are_set_to_the_left():
    assert str(Table([["", "x"], ["ok", ""], ["-", ""]])) == "    x\nok\n-"
    assert str(Table([["n", "m"], ["1 a", "b"]], right={1})) == "n    m\n1 a  b"


def test_pairs_and_markdown():
    assert str(Pairs([("a", "1"), ("long", "2 3")])) == "a     1\nlong  2 3"
    assert markdown(["a", "b", "c"], [["1", "2", "3"]]) == "| a | b | c |\n| --- | ---: | ---: |\n| 1 | 2 | 3 |"
    assert markdown(["a", "b"], [], right={0}) == "| a | b |\n| ---: | --- |"


def test_a_report_as_json_has_no_numbers_that_json_has_not(capsys):
    Report(("text",), {"a": [1.5, float("nan"), (float("inf"),)], 3: Path("x"), "b": {"c": None}}).show(as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": [1.5, None, [None]], "3": "x", "b": {"c": None}}
    Report(("text", Pairs([("a", "1")])), {"a": np.float64(1)}).show()
    assert capsys.readouterr().out == "text\n\na  1\n"


BLOCKS = (Table([["name", "n"], ["a", "1,000"], ["[red]b", "7"]]), Pairs([("network", "784-10 " * 12), ("µ", "±")]),
          "PASSED: all\nMISSING")


@pytest.mark.parametrize(("environment", "colours"), [
    ({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)])
def test_a_terminal_shows_every_word_within_its_width(environment, colours, monkeypatch, capsys):
    for name in ("NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**environment, "FORCE_COLOR": "1", "COLUMNS": "40"}.items():
        monkeypatch.setenv(name, value)
    terminal.draw(BLOCKS)
    shown = capsys.readouterr().out
    assert ("\x1b[1;32mPASSED" in shown, "\x1b[1;31mMISSING" in shown) == (colours, colours)
    assert "\x1b[31m" not in shown
    plain = re.sub("\x1b\\[[0-9;]*m", "", shown)
    assert plain.split().count("784-10") == 12
    assert {"name", "n", "a", "1,000", "[red]b", "7", "network", "µ", "±", "PASSED:", "MISSING"} <= set(plain.split())
    assert max(map(len, plain.splitlines())) <= 40


def test_a_table_that_is_wider_than_the_terminal_breaks_no_number(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "20")
    rows = [["a name", *"abcdef"], ["fashion-mlp3-k5", *["1,234,567"] * 6], ["x", *["98.15 ± 0.02 %"] * 6]]
    terminal.draw([Table(rows)])
    shown = capsys.readouterr().out
    assert (shown.count("1,234,567"), shown.count("98.15 ± 0.02 %"), shown.count("fashion-mlp3-k5")) == (6, 6, 1)


def test_a_terminal_of_ascii(monkeypatch):
    prepare_streams()
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="spinsc")
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setenv("COLUMNS", "40")
    terminal.draw(BLOCKS)
    stream.flush()
    shown = stream.buffer.getvalue().decode("ascii")
    assert "+-" in shown
    assert "u  " in shown
    assert set(shown.splitlines()[1].strip()) == {"-"}
