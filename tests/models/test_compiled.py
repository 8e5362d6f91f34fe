"""Functions compiled by numba."""

from __future__ import annotations


def test_compiled_functions_work_without_a_folder_for_them(monkeypatch):
    from numba.core import caching

    from spinsc.models.compiled import compiled

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])

    def add(a, b):
        return a + b

    assert compiled(add)(2, 3) == 5
