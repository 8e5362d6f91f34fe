"""A page as headless Chromium shows it: what it measures, at several widths, light and dark."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

#: None where there is no Chromium.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (1200, 390)

# The page itself may run nothing, so another one measures it, in frames.
_MEASURES = """<!DOCTYPE html><body><script>
function measured(frame) {
  const page = frame.contentDocument, view = frame.contentWindow, root = page.documentElement;
  const shown = element => view.getComputedStyle(element);
  const box = element => element.getBoundingClientRect();
  return {
    overflow: root.scrollWidth - root.clientWidth,
    verdict: page.body.innerText.trim().split("\\n")[0],
    verdict_top: box(page.querySelector("h1")).top,
    loaded: view.performance.getEntriesByType("resource").map(entry => entry.name)
      .filter(name => !name.startsWith("data:")),
    paper: shown(page.body).backgroundColor,
    ink: shown(page.querySelector(INK)).color,
    figures: [...page.querySelectorAll("figure svg")].map(svg => box(svg).width),
    letters: [...page.querySelectorAll("figure svg text")].map(text => shown(text).fill),
    smallest: Math.min(...[...page.querySelectorAll("figure svg text")].map(text => box(text).height)),
    pictures: [...page.images].map(image => image.complete && image.naturalWidth > 0)};
}
const frames = WIDTHS.map(width => {
  const frame = document.createElement("iframe");
  frame.style = `width: ${width}px; height: 2000px; border: 0`;
  frame.src = PAGE;
  document.body.append(frame);
  return frame;
});
Promise.all(frames.map(frame => new Promise(done => { frame.onload = done; }))).then(() => {
  const found = Object.fromEntries(frames.map((frame, n) => [WIDTHS[n], measured(frame)]));
  const said = document.createElement("pre");
  said.id = "found";
  said.textContent = JSON.stringify(found);
  document.body.append(said);
});
</script></body>
"""


def measure(page: Path, folder: Path, *, dark: bool, ink: str = "dd") -> dict[int, dict[str, Any]]:
    """What the page measures at each of `WIDTHS`, in CSS pixels, with the colour of the first element that the selector
    ``ink`` finds; ``folder`` is for temporary files."""
    assert CHROMIUM is not None
    script = _MEASURES.replace("<script>", f"<script>const WIDTHS = {json.dumps(WIDTHS)}, "
                               f"PAGE = {json.dumps(page.resolve().as_uri())}, INK = {json.dumps(ink)};", 1)
    around = folder / "around.html"
    around.write_text(script)
    done = subprocess.run(
        [CHROMIUM, "--headless=new", *(["--no-sandbox"] if os.getuid() == 0 else []), "--disable-gpu",
         f"--user-data-dir={folder / 'profile'}", "--allow-file-access-from-files", "--virtual-time-budget=20000",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", around.as_uri()],
        capture_output=True, text=True, check=True, timeout=300)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stdout[-2000:] + done.stderr[-2000:]
    return {int(width): values for width, values in json.loads(html.unescape(found[1])).items()}


def contrast(a: str, b: str) -> float:
    """Contrast of two colours as CSS computes them, 1 to 21; WCAG 2.1, "contrast ratio"."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
