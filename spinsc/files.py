"""Files that appear whole or not at all, disks that are full, and the files of this package."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
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

#: A folder is full with less than this.
FULL_BYTES = 1 << 20
#: What the system says where there is no room for a file.
NO_ROOM = {code: os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)}
#: The same of a process that a limit ended.
_SIGNALLED = (signal.strsignal(signal.SIGXFSZ) or "",) if hasattr(signal, "SIGXFSZ") else ()


def no_room(text: str) -> str | None:
    """The system's words for a lack of room that a text has, as that of a tool which could not write."""
    return next((words for words in (*NO_ROOM.values(), *_SIGNALLED) if words.lower() in text.lower()), None)


def is_full(folder: Path) -> bool:
    """Whether there is no room on the disk of a folder."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free < FULL_BYTES
    return False


@cache
def package_files() -> tuple[Path, ...]:
    """Sources of this package, Python and what goes into a simulation, of all folders."""
    root = Path(__file__).parent
    # rglob follows no links, and in a checkout the folders are links
    folders = [root, *(entry.resolve() for entry in sorted(root.iterdir()) if entry.is_dir())]
    found = [path for folder in folders for path in sorted(folder.rglob("*"))
             if path.suffix in (".py", ".sv", ".cpp", ".h") and path.is_file()]
    return tuple(dict.fromkeys(found))
