"""What a site needs beyond plain Markdown: the order of the pages, and links to files that are no pages.

The index lists pages under headings, as plain links; these become the sections of the side bar. Pages that it does not
name come under "More", and those in a folder below the folder's README. A page without a title, as commands write
tables, is called by its folder and name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx


def add_contents(app: Sphinx, name: str, source: list[str]) -> None:
    """Append tables of contents to the index, and to a folder's README, from the links in them.

    A link to Markdown outside of the documentation is one to a file, not to a page.
    """
    up = "../" * (name.count("/") + 1)
    source[0] = source[0].replace(f"]({up}", f"](path:{up}")
    pages = set(app.env.found_docs) - {name}
    readmes = {page for page in pages if posixpath.basename(page) == "README"}
    if name == app.config.root_doc:
        listed: dict[str, list[str]] = {}
        for section in re.split(r"^## ", source[0], flags=re.MULTILINE)[1:]:
            listed[section.partition("\n")[0]] = [page for page in re.findall(r"\]\(([\w/.-]+)\.md\)", section)
                                                  if page in pages]
        below = {page for page in pages for readme in readmes
                 if page != readme and page.startswith(posixpath.dirname(readme) + "/")}
        listed["More"] = sorted(pages - below - {page for section in listed.values() for page in section})
        source[0] += "".join(_contents(names, caption) for caption, names in listed.items() if names)
        return
    if not re.match(r"# |---\n", source[0]):
        source[0] = f"# {' '.join(name.split('/')[-2:])}\n\n{source[0]}"
    if posixpath.basename(name) == "README":
        folder = posixpath.dirname(name) + "/"
        source[0] += _contents(sorted(page.removeprefix(folder) for page in pages if page.startswith(folder)))


def _contents(names: Iterable[str], caption: str = "") -> str:
    lines = ["", "", "```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), "", *names, "```", ""]
    return "\n".join(lines)


def open_files(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Let links to files of the repository open them in the browser, which would otherwise save them."""
    for link in list(tree.findall(addnodes.download_reference)):
        if "filename" in link:
            path = posixpath.join(posixpath.relpath("_downloads", posixpath.dirname(name) or "."), link["filename"])
            link.replace_self(nodes.reference("", "", *link.children, refuri=path, internal=True))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", add_contents)
    app.connect("doctree-resolved", open_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
