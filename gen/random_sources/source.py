"""What a random source of the hardware is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from spinsc.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from spinsc.hdl.random_ports import RandomHardware
    from spinsc.models.network import Network


@dataclass(frozen=True)
class RecordedImage:
    """Recorded bits for a source that keeps some in the hardware.

    Attributes
    ----------
    bits : mapping of layer number to uint8, shape (samples of an image, devices of the layer)
    origin : str
        Where they come from, for tables.
    """

    bits: Mapping[int, npt.NDArray[np.uint8]]
    origin: str


class RandomSource(ABC):
    """A source of random numbers in the hardware of a network.

    Attributes
    ----------
    name : str
        As ``spinsc emit --rng`` and the manifest have it.
    at_ports : bool
        The numbers come in at ports, where a simulation connects arrays of junctions that replay a recording.
    takes_recording : bool
        It is made of `RecordedImage`.
    recorded_images : int or None
        R', images after which it begins again to read what it keeps of a recording.
    """

    name: ClassVar[str]
    at_ports: ClassVar[bool] = False
    takes_recording: ClassVar[bool] = False
    recorded_images: ClassVar[int | None] = None

    @classmethod
    def create(cls, recorded: RecordedImage | None = None) -> Self:
        """The source, made of recorded bits if it takes any."""
        cls.expect_recording(recorded is not None)
        return cls() if recorded is None else cls(recorded)  # type: ignore[call-arg]

    @classmethod
    def expect_recording(cls, given: bool) -> None:
        """`InputError` if a recording is given where none is taken, or the other way round."""
        if cls.takes_recording and not given:
            raise InputError(f"--rng {cls.name} and --recording must be given together")
        if given and not cls.takes_recording:
            raise InputError("--rng replay and --recording must be given together, not "
                             f"--rng {cls.name} with --recording")

    @property
    @abstractmethod
    def words(self) -> str:
        """What it is, for tables."""

    @classmethod
    @abstractmethod
    def golden(cls, directory: Path) -> str:
        """Name of the golden model's streams (as ``spinsc eval --rng``) that are the hardware's in this folder.

        Where the numbers come in at ports: of those that are simulated by default.
        """

    @abstractmethod
    def hardware(self) -> RandomHardware:
        """Its components in the network, or its ports."""

    def check(self, network: Network) -> None:  # noqa: B027 - many have nothing to check
        """`InputError` if it cannot serve the network."""

    def write(self, root: Path, network: Network) -> None:  # noqa: B027 - or to add
        """Add files to an emitted folder: what belongs in ``mem`` or ``sim``, and data for its golden streams."""
