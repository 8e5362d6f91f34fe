"""Registries: named implementations of one interface, ours and those that others add without editing this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from spinsc.errors import InputError, did_you_mean

T = TypeVar("T")


class Registry(MutableMapping[str, T]):
    """Implementations by name: a dictionary whose values are imported when they are first asked for.

    Names come from this package, from the entry points of installed ones, and from assignment
    (``registry["mine"] = Mine``); of two with the same name, the later in this order holds.

    Parameters
    ----------
    what : str
        What it holds, for messages: "random source".
    group : str
        Group of entry points in which other packages name theirs: "spinsc.random_sources".
    own : mapping of str to str
        Those of this package, each as ``module:attribute``.
    """

    def __init__(self, what: str, group: str, own: Mapping[str, str]) -> None:
        self.what, self.group = what, group
        self._own = own
        self._loaded: dict[str, T] = {}

    @cached_property
    def _found(self) -> dict[str, EntryPoint]:
        own = {name: EntryPoint(name, target, self.group) for name, target in self._own.items()}
        return own | {point.name: point for point in entry_points(group=self.group)}

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            point = self._found[name]
            try:
                self._loaded[name] = point.load()
            except (ImportError, AttributeError) as error:
                raise InputError(f"the {self.what} {name!r} ({point.value}) cannot be imported: {error}") from error
        return self._loaded[name]

    def __setitem__(self, name: str, item: T) -> None:
        self._loaded[name] = item

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._found, *self._loaded)))

    def __len__(self) -> int:
        return len(set(self))

    def find(self, name: str) -> T:
        """The one of this name; InputError, with the names that there are, if there is none."""
        if name not in self:
            *others, last = self
            known = f"{', '.join(others)} or {last}" if others else last
            raise InputError(f"unknown {self.what} {name!r}{did_you_mean(name, self)}; choose {known}")
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._loaded or name in self._found
