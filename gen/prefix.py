"""Names of what is emitted, so that several networks can be in one design."""

from __future__ import annotations

import re
from pathlib import Path

from spinsc.errors import InputError

#: What the names of modules and macros begin with where no prefix is given.
DEFAULT_PREFIX = "spinsc"


def check_prefix(prefix: str) -> None:
    """`InputError` unless names that begin with it are those of Verilog."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", prefix):
        raise InputError(f"--prefix must be letters, digits and underscores, a letter first, not {prefix!r}")


def renamed(text: str, prefix: str) -> str:
    """Verilog, or a name in it, with a prefix for modules, plusargs, macros and the memory images that are read."""
    text = text.replace("`SPINSC_MEM_DIR, ", f'`SPINSC_MEM_DIR, "{prefix}_", ')
    return re.sub(r"\bspinsc_", f"{prefix}_", text).replace("SPINSC_", f"{prefix.upper()}_")


def rename_files(root: Path, prefix: str) -> None:
    """Give all names in a folder that has just been written the prefix: of files, and of what is in them."""
    folders = ("rtl", "sim", "board")
    for path in [*(path for folder in folders for path in (root / folder).glob("*")), root / "lint.vlt"]:
        path.write_text(renamed(path.read_text(), prefix))
        path.rename(path.with_name(renamed(path.name, prefix)))
    for path in list((root / "mem").iterdir()):
        path.rename(path.with_name(f"{prefix}_{path.name}"))
