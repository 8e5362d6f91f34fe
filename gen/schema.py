"""JSON schema of the manifest, made from its types: ``python -m spinsc.gen.schema docs/manifest.schema.json``."""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from spinsc.gen.manifest import Manifest


def manifest_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) whose descriptions are those of the types' docstrings."""
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema: dict[str, Any] = {"$schema": draft, **msgspec.json.schema(Manifest)}
    for part in schema["$defs"].values():
        part["description"], fields = _summary_and_fields(part["description"])
        for name, text in fields.items():
            given = part["properties"][name]
            # Beside a reference, other keywords count since draft 2019-09.
            part["properties"][name] = {"description": text, **given}
    return schema


def _summary_and_fields(docstring: str) -> tuple[str, dict[str, str]]:
    """First paragraph, and what the section "Attributes" says of each field."""
    summary, _, attributes = inspect.cleandoc(docstring).partition("\n\nAttributes\n----------\n")
    fields: dict[str, str] = {}
    for names, text in re.findall(r"^(\w[\w, ]*?) : .*\n((?:    .*\n?)+)", attributes, re.MULTILINE):
        fields |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return " ".join(summary.split()), fields


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(manifest_schema(), indent=1) + "\n")
