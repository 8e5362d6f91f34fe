"""Pages: what goes in comes out as text, data can be read back, and nothing is loaded from anywhere."""

import base64
import html
import json
import re
import zlib

import numpy as np
import pytest

from spinsc.sim.pages.figures import new_figure, picture, svg
from spinsc.sim.pages.page import Card, Cards, Figure, Matrix, Page, Pairs, Section, Table, Text, render

HOSTILE = '</script><script>alert(1)</script> & "quoted"'


@pytest.fixture(scope="module")
def page():
    figure, axes = new_figure()
    axes.plot([0, 1], [2, 3])
    drawn = [Figure(svg(figure, name), HOSTILE) for name in ("one", "two")]
    return render(Page(HOSTILE, f"PASSED: {HOSTILE}", True, [
        Section(HOSTILE, [Pairs([(HOSTILE, HOSTILE)]), Text(HOSTILE), Text(HOSTILE, lines=True), *drawn]),
        Section("tables", [Table(["a", "b"], [["1", HOSTILE]], right=[0], bad=[0]),
                           Matrix("label", ["0", "1"], ["0", "1"], [[3, 1], [0, 0]])]),
        Section("cards", [Cards([Card(picture(np.zeros((2, 3), np.uint8)), HOSTILE, [HOSTILE])])])],
        {"text": HOSTILE, "number": 1.5}))


def test_nothing_is_loaded_and_nothing_runs(page):
    assert re.findall(r"<script[^>]*>", page) == ['<script type="application/json" id="data">']
    assert "default-src 'none'" in page
    for reference in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert reference.startswith(("data:", "#")), reference
    assert not re.findall(r"@import|url\((?!#)", page)


def test_text_comes_out_as_it_went_in(page):
    assert page.count("</script>") == 1
    assert html.escape("</script><script>") in page
    found = re.search(r'id="data">\n(.*?)\n</script>', page, re.DOTALL)
    assert json.loads(found[1]) == {"text": HOSTILE, "number": 1.5}


def test_the_verdict_is_the_first_line(page):
    text = re.sub(r"<[^>]+>", "", page[page.index("<body>"):]).strip()
    assert html.unescape(text.splitlines()[0]) == f"PASSED: {HOSTILE}"


def test_names_within_figures_are_unique_and_colours_follow_the_page(page):
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    for reference in re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', page):
        assert reference in names
    assert "currentColor" in page
    assert "#010203" not in page


def test_the_same_figure_is_the_same_text():
    def drawn():
        figure, axes = new_figure()
        axes.hist([1, 2, 2, 3])
        return svg(figure, "f")
    assert drawn() == drawn()


def test_picture_holds_the_pixels():
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    raw = base64.b64decode(picture(pixels).partition(",")[2])
    start = raw.index(b"IDAT") + 4
    rows = zlib.decompress(raw[start:raw.index(b"IEND") - 8])
    assert rows == b"".join(b"\0" + bytes(255 - row) for row in pixels)
