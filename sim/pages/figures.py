"""Figures as inline SVG whose lines and letters take the colour of the page's text, light or dark."""

from __future__ import annotations

import base64
import importlib
import io
import re
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

#: Of Okabe and Ito, those that are seen on white and on black.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
#: Stands for the colour of the page's text; no colour of a figure's own.
_TEXT = "#010203"


def new_figure(width: float = 4.5, height: float = 2.9) -> tuple[Any, Any]:
    """A figure, in inches, and its axes. It is shown about 360 pixels wide on a phone."""
    mpl, figures = importlib.import_module("matplotlib"), importlib.import_module("matplotlib.figure")
    with mpl.rc_context(_style()):
        figure = figures.Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)
    return figure, axes


def add_legend(axes: Any, **options: Any) -> None:
    """A legend in the colour of the page's text; ``options`` are matplotlib's."""
    axes.legend(frameon=False, labelcolor=_TEXT, fontsize=9.5, **options)


def _style() -> dict[str, Any]:
    return {"text.color": _TEXT, "axes.labelcolor": _TEXT, "axes.edgecolor": _TEXT, "xtick.color": _TEXT,
            "ytick.color": _TEXT, "axes.titlecolor": _TEXT, "grid.color": _TEXT, "axes.facecolor": "none",
            "figure.facecolor": "none", "svg.fonttype": "none", "svg.hashsalt": "spinsc", "font.size": 10,
            "font.family": "sans-serif", "axes.titlesize": 10.5, "xtick.labelsize": 9.5, "ytick.labelsize": 9.5}


def svg(figure: Any, name: str) -> str:
    """A figure's SVG element; ``name`` tells its parts from those of the page's other figures."""
    buffer = io.StringIO()
    with importlib.import_module("matplotlib").rc_context(_style()):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg"):].replace(_TEXT, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", text)
    return re.sub(r"[ \t]+\n", "\n", text)


def picture(pixels: npt.NDArray[np.uint8]) -> str:
    """Pixels, shape (height, width), 0 white and 255 black, as the data URI of a PNG."""
    rows = (255 - pixels).astype(np.uint8)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    height, width = pixels.shape
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    chunks = b"".join(_chunk(kind, content) for kind, content in (
        (b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")))
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks).decode()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
