"""What a command meets on a machine: a cache that cannot be written, a terminal of ASCII, a full disk, an own fault."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from spinsc.files import NO_ROOM, is_full

#: What letters beyond ASCII become where a terminal has no others.
PLAIN = {"±": "+-", "µ": "u", "μ": "u", "×": "x", "–": "-", "—": "-", "…": "..."}


def prepare_streams() -> None:
    """Let text be printed whatever the terminal's encoding: what it lacks becomes plainer, not an error."""
    codecs.register_error("spinsc", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="spinsc")


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start:error.end]
    return "".join(PLAIN.get(letter, "?") for letter in text), error.end


def prepare_cache() -> str | None:
    """Let caches (of Verilator's library, data sets, compiled functions) have a folder that can be written.

    Where the user's cache folder cannot, a temporary one of the user's takes its place for this process and those that
    it starts.

    Returns
    -------
    str or None
        A warning.
    """
    import platformdirs

    wanted = Path(platformdirs.user_cache_dir())
    if _writable(wanted):
        return None
    folder = Path(tempfile.gettempdir()) / f"spinsc-cache-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
    owned = folder.is_dir() and (not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid())
    if not owned or not _writable(folder):
        folder = Path(tempfile.mkdtemp(prefix="spinsc-cache-"))
    os.environ["XDG_CACHE_HOME"] = str(folder)
    os.environ.setdefault("MPLCONFIGDIR", str(folder / "matplotlib"))
    return (f"the cache folder {wanted} cannot be written; {folder} is used instead (set XDG_CACHE_HOME to choose "
            "another)")


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made if it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def failure_line(error: OSError, places: Sequence[Path]) -> str:
    """One line on what the system refused, with the place; ``places`` are those that may be full."""
    name = f"{error.filename}: " if error.filename is not None else ""
    if error.errno not in NO_ROOM:
        return f"{name}{error.strerror or error}; check the path and its permissions"
    full = [str(place) for place in dict.fromkeys(map(_existing, places)) if is_full(place)]
    where = " and ".join(full) or error.filename or " or ".join(dict.fromkeys(map(str, map(_existing, places))))
    reason = f" ({NO_ROOM[error.errno]})" if error.errno != errno.ENOSPC else ""
    return f"no space is left in {where}{reason}; free some, or choose another folder (TMPDIR for temporary files)"


def _existing(place: Path) -> Path:
    """The nearest folder that exists."""
    return next(folder for folder in (place, *place.absolute().parents) if folder.is_dir())


def save_traceback(error: BaseException, arguments: Sequence[str]) -> str:
    """Keep what is needed to find a fault of this program; where it is, in words."""
    text = "".join((f"spinsc {' '.join(arguments)}\n{platform.platform()}, Python {platform.python_version()}, "
                    f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n\n", *traceback.format_exception(error)))
    try:
        handle, name = tempfile.mkstemp(prefix="spinsc-traceback-", suffix=".txt", text=True)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        print(text, file=sys.stderr)
        return "the traceback is above"
    return f"the traceback is in {name}"
