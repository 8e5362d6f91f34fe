"""Layout of tables and reports."""

import json
from pathlib import Path

import numpy as np

from spinsc.sim.report.report import Report
from spinsc.sim.report.table import aligned, markdown, pairs


def test_columns_of_numbers_are_set_to_the_right():
    assert aligned([["name", "n", "accuracy"], ["a", "1,000", "98.00 %"], ["long one", "-", "7.10 %"]]) == (
        "name          n  accuracy\n"
        "a         1,000   98.00 %\n"
        "long one      -    7.10 %")


def test_columns_of_words_and_empty_ones_are_set_to_the_left():
    assert aligned([["", "x"], ["ok", ""], ["-", ""]]) == "    x\nok\n-"
    assert aligned([["n", "m"], ["1 a", "b"]], right={1}) == "n    m\n1 a  b"


def test_pairs_and_markdown():
    assert pairs([("a", "1"), ("long", "2 3")]) == "a     1\nlong  2 3"
    assert markdown(["a", "b", "c"], [["1", "2", "3"]]) == "| a | b | c |\n| --- | ---: | ---: |\n| 1 | 2 | 3 |"
    assert markdown(["a", "b"], [], right={0}) == "| a | b |\n| ---: | --- |"


def test_a_report_as_json_has_no_numbers_that_json_has_not(capsys):
    Report("text", {"a": [1.5, float("nan"), (float("inf"),)], 3: Path("x"), "b": {"c": None}}).show(as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": [1.5, None, [None]], "3": "x", "b": {"c": None}}
    Report("text", {"a": np.float64(1)}).show()
    assert capsys.readouterr().out == "text\n"
