"""The example pages of the docs in headless Chromium: phone and desktop, light and dark."""

from pathlib import Path

import pytest

from spinsc.sim.pages.cosimulation import MOST_CARDS
from spinsc.sim.pages.page import write_page
from spinsc.sim.pages.studies import study_page
from tests.browser import contrast, measure
from tests.tools import needs_chromium

DOCS = Path(__file__).parents[3] / "docs"


@needs_chromium
@pytest.mark.parametrize(("name", "verdict", "pictures"), [
    ("report-example", "PASSED: ", 0), ("report-failed-example", "FAILED: ", MOST_CARDS)])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_readable(dark, name, verdict, pictures, tmp_path):
    for width, found in measure(DOCS / f"{name}.html", tmp_path, dark=dark).items():
        assert found["overflow"] <= 0, f"at {width} pixels something sticks out"
        assert found["verdict"].startswith(verdict)
        assert found["verdict_top"] < 60
        assert found["loaded"] == []
        assert found["pictures"] == [True] * pictures
        assert contrast(found["paper"], found["ink"]) > 7
        assert min(contrast(found["paper"], letter) for letter in set(found["letters"])) > 7
        assert (contrast(found["paper"], "rgb(0, 0, 0)") < 2) == dark
        assert all(300 < figure <= width for figure in found["figures"])
        assert found["smallest"] >= 10  # the height of a line, in pixels


@needs_chromium
def test_the_page_of_a_study_is_readable(tmp_path):
    folder = DOCS / "studies" / "sweep"
    write_page(study_page("spinsc sweep", "Accuracy", (folder / "sweep.md").read_text(), folder, "spinsc sweep x", {}),
               tmp_path / "page.html")
    for width, found in measure(tmp_path / "page.html", tmp_path, dark=True).items():
        assert found["overflow"] <= 0, f"at {width} pixels something sticks out"
        assert found["verdict"] == "Accuracy"
        assert found["loaded"] == []
        assert found["pictures"] == [True] * 2
