"""The commands that the documents show; ``make docs-test`` runs those that are not cheap, too."""

import itertools

import pytest

from tests.docs.commands import ROOT, blocks, pages, run

#: A page, and how many of its blocks, from the first one on, take some seconds together.
CHEAP = (("docs/own-networks.md", 2),)


@pytest.mark.parametrize(("name", "number"), CHEAP)
def test_the_commands_of_a_page_run(name, number, tmp_path):
    outcomes = list(itertools.islice(run(ROOT / name, tmp_path / "page"), number))
    assert len(outcomes) == number
    for outcome in outcomes:
        assert outcome.code == outcome.block.code, f"{outcome.block}\n{outcome.block.commands}{outcome.output}"


def test_what_is_not_run_has_a_reason():
    found = [block for page in pages() for block in blocks(page)]
    assert len(found) > 40
    assert sum(not block.reason for block in found) > 25
    for block in found:
        assert not block.reason or len(block.reason) > 10
        assert "make " not in block.commands or block.reason, f"{block}: a command of the checkout, not of a reader"


def test_marks_are_those_of_the_next_block_only(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "text\n\n    what is printed: 1\n\n<!-- not run: needs a board -->\n\n    spinsc a\n    spinsc b\n\n"
        "    # a comment\n    spinsc c\n\n<!-- exit code: 2 -->\n\n    spinsc dance\n\n<!-- not run: x -->\n\n"
        "text\n\n    cd .\n\n1. a list\n\n       spinsc d\n\n```\nspinsc e\n```\n")
    found = blocks(page)
    assert [(block.line, block.reason, block.code) for block in found] == [
        (7, "needs a board", 0), (15, "", 2), (21, "", 0), (25, "", 0)]
    assert found[0].commands == "spinsc a\nspinsc b\n\n# a comment\nspinsc c\n"


def test_a_command_that_fails_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.docs.commands.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("<!-- exit code: 2 -->\n\n    cd .\n    false | cd .\n    cd nowhere\n\ntext\n\n"
                    "    python -c 'raise SystemExit(2)'\n")
    first, second = run(page, tmp_path / "folder")
    assert (first.code, second.code, second.block.code) == (1, 2, 0)
