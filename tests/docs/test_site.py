"""The site is built without a warning, all of its links lead somewhere, and it shows every command and option."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from spinsc.sim.cli.registry import COMMANDS
from tests.browser import contrast, measure
from tests.tools import needs_chromium

ROOT = Path(__file__).parents[2]


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """As ``make docs`` does, but for the notebooks, which are not executed."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-D", "nb_execution_mode=off", "-d", out / "state",
         source, out / "site"], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("docs")
    done = build(ROOT / "docs", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return out / "site"


class Page(HTMLParser):
    """Links, places to which one may link, and text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.text = ""
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.places |= {found.get("id") or ""}
        self.links += [found[name] or "" for name in ("href", "src") if name in found]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_page_is_there_and_every_link_leads_somewhere(site):
    sources = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    pages = {path: Page(path) for path in site.rglob("*.html") if "_downloads" not in path.parts}
    assert {site / source.with_suffix(".html") for source in sources} <= pages.keys()
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            if link.startswith(("http", "data:", "mailto:")):
                continue
            name, _, place = unquote(link).partition("#")
            target = (path.parent / name.partition("?")[0]).resolve() if name else path
            if not target.exists() or (target in pages and place and place not in pages[target].places):
                wrong.append(f"{path.relative_to(site)}: {link}")
    assert not wrong


def test_every_command_and_option_is_in_the_reference(site):
    text = Page(site / "reference" / "commands.html").text
    for name, command in COMMANDS.items():
        assert f"spinsc {name}" in text
        for argument in command.arguments():
            for flag in command.flags(argument):
                assert flag in text


def test_the_index_leads_to_every_page(site):
    """In the side bar, also to pages that the index does not name."""
    links = set(Page(site / "index.html").links)
    for page in (ROOT / "docs").glob("*.md"):
        assert page.stem == "index" or f"{page.stem}.html" in links


def test_a_page_of_its_own_faults_is_refused(tmp_path):
    """A link to nowhere, and a page that nothing names but which is taken."""
    source = tmp_path / "docs"
    source.mkdir()
    for name in ("conf.py", "_ext", "_static"):
        (source / name).symlink_to(ROOT / "docs" / name)
    (source / "index.md").write_text("# Index\n\n## Start\n\n- [new](new.md)\n")
    (source / "new.md").write_text("# New\n")
    (source / "unnamed.md").write_text("a page without a title\n")
    done = build(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "unnamed.html" in Page(tmp_path / "site" / "index.html").links
    (source / "new.md").write_text("# New\n\n[nowhere](nowhere.md)\n")
    done = build(source, tmp_path)
    assert done.returncode == 1
    assert "nowhere.md" in done.stderr


@needs_chromium
@pytest.mark.parametrize("dark", [False, True])
def test_the_index_is_readable(dark, site, tmp_path):
    for width, found in measure(site / "index.html", tmp_path, dark=dark, ink="article p").items():
        assert found["overflow"] <= 0, f"at {width} pixels something sticks out"
        assert found["pictures"]
        assert all(found["pictures"])
        assert contrast(found["paper"], found["ink"]) > 7
        assert (contrast(found["paper"], "rgb(0, 0, 0)") < 2) == dark
        assert all(name.startswith("file:") for name in found["loaded"])


def test_the_figures_are_drawn_by_their_script(tmp_path):
    subprocess.run([sys.executable, ROOT / "docs" / "figures.py", tmp_path], check=True, capture_output=True,
                   env={**os.environ, "PYTHONPATH": str(ROOT)})
    drawn = {path.name for path in tmp_path.iterdir()}
    assert drawn == {path.name for path in (ROOT / "docs" / "pictures").glob("*.svg")}
