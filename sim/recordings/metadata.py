"""What a recording says of itself: typed, and checked when it is made or read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from spinsc.errors import InputError

KINDS = ("measured", "simulated")


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of what recording the devices are pieces.

    Attributes
    ----------
    devices, steps : int
        Of the whole recording.
    pieces : int
        Pieces that each of its devices was cut into.
    """

    devices: int
    steps: int
    pieces: int


class Metadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Metadata of a recording; make it with `of`, which checks it.

    Attributes
    ----------
    kind : str
        Whether the bits were measured or simulated.
    device : str
        What the device is.
    sampling_interval_s : float or None
        Time between samples in seconds, where it is known.
    source : str
        Where the samples come from.
    parameters : dict
        How the samples were made or read: any names with JSON-compatible values.
    spinsc_version : str
    probabilities : list of float or None
        P(1) that each device of a simulation was tuned to.
    split : Split or None
    made_by : tuple of dict
        What was done with the samples since, such as ``{"xor": 2}``.
    """

    kind: Literal["measured", "simulated"]
    device: str
    sampling_interval_s: float | None
    source: str
    parameters: dict[str, Any]
    spinsc_version: str
    probabilities: list[float] | None = None
    split: Split | None = None
    made_by: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Metadata:
        """Metadata from names and values; only ``kind`` must be given. `InputError` if anything is not as above."""
        if not isinstance(facts, Mapping) or facts.get("kind") not in KINDS:
            raise InputError("the metadata's 'kind' must be 'measured' or 'simulated'")
        interval = facts.get("sampling_interval_s")
        if interval is not None and not (isinstance(interval, int | float) and 0 < interval < float("inf")):
            raise InputError(f"sampling_interval_s must be a positive time in seconds, not {interval}")
        empty: dict[str, Any] = {"device": "", "sampling_interval_s": None, "source": "", "parameters": {},
                                 "spinsc_version": ""}
        try:
            return msgspec.convert(empty | dict(facts), cls)
        except msgspec.ValidationError as error:
            raise InputError(f"the metadata of a recording are not valid ({error}); what has no name of its own "
                             "belongs into 'parameters'") from None

    def as_dict(self) -> dict[str, Any]:
        """Names and values, JSON-compatible."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values
