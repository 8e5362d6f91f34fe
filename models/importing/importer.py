"""What an importer of networks is, and the registry of them."""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Any, Protocol

from spinsc.models.importing.steps import TrainedNetwork
from spinsc.registry import Registry


class NetworkImporter(Protocol):
    """Reads networks of one format.

    Attributes
    ----------
    title : str
        The format in a line.
    """

    @property
    def title(self) -> str: ...

    def recognize(self, source: Any) -> bool:
        """Whether this is a file (`Path`) or an object of the format; looks at names and types, not inside."""
        ...

    def read(self, source: Any) -> TrainedNetwork:
        """The network as a chain of steps.

        Raises
        ------
        InputError
            If a package is missing, the file is damaged, or a part of the network is no such step; the message names
            it.
        """
        ...


#: Of this package by file name, of others by entry points of the group ``spinsc.network_importers``.
NETWORK_IMPORTERS: Registry[NetworkImporter] = Registry("importer of networks", "spinsc.network_importers", {
    module.name: f"spinsc.models.importing.importers.{module.name}:IMPORTER"
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "importers")])})
