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


def prepare(app: Sphinx, name: str, source: list[str]) -> None:
    """Make the Markdown of a page, ``source[0]``, what the site needs; see above.

    A link out of the documentation, also one to Markdown, is one to a file and not to a page.
    """
    up = "../" * (name.count("/") + 1)
    source[0] = source[0].replace(f"]({up}", f"](path:{up}")
    if not re.match(r"# |---\n", source[0]):
        source[0] = f"# {' '.join(name.split('/')[-2:])}\n\n{source[0]}"
    pages = set(app.env.found_docs) - {name}
    folder = posixpath.dirname(name) + "/"
    if name == app.config.root_doc:
        source[0] += _sections(source[0], pages)
    elif posixpath.basename(name) == "README":
        source[0] += _contents(sorted(page.removeprefix(folder) for page in pages if page.startswith(folder)))


def _sections(index: str, pages: set[str]) -> str:
    """The contents of all sections of the index, and of what it does not name."""
    listed = {}
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        links = re.findall(r"\]\(([\w/.-]+)\.md\)", section)
        listed[section.partition("\n")[0]] = [page for page in links if page in pages]
    folders = tuple(page.removesuffix("README") for page in pages if page.endswith("/README"))
    below = {page for page in pages if page.startswith(folders) and not page.endswith("/README")}
    listed["More"] = sorted(pages - below - {page for section in listed.values() for page in section})
    return "".join(_contents(names, caption) for caption, names in listed.items() if names)


def _contents(names: Iterable[str], caption: str = "") -> str:
    lines = ["", "", "```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), "", *names, "```", ""]
    return "\n".join(lines)


def open_files(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Let links to files of the repository open them in the browser, which would otherwise save them."""
    for link in list(tree.findall(addnodes.download_reference)):
        if "filename" in link:
            path = posixpath.join(posixpath.relpath("_downloads", posixpath.dirname(name) or "."), link["filename"])
            link.replace_self(nodes.reference("", "", *link.children, refuri=path, internal=True))


def name_aliases(_app: Sphinx, _kind: str, _name: str, _thing: object, _options: object, signature: str | None,
                 result: str | None) -> tuple[str | None, str | None]:
    """Signatures with aliases of types by their names, also where they are a part of another type."""
    return signature and re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"\1", signature), result


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", prepare)
    app.connect("doctree-resolved", open_files)
    app.connect("autodoc-process-signature", name_aliases)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
