"""Files that appear whole or not at all, and those of this package."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` under a temporary name, then rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@cache
def package_files() -> tuple[Path, ...]:
    """Sources of this package, Python and what goes into a simulation, of all folders."""
    root = Path(__file__).parent
    # rglob follows no links, and in a checkout the folders are links
    folders = [root, *(entry.resolve() for entry in sorted(root.iterdir()) if entry.is_dir())]
    found = [path for folder in folders for path in sorted(folder.rglob("*"))
             if path.suffix in (".py", ".sv", ".cpp", ".h") and path.is_file()]
    return tuple(dict.fromkeys(found))
