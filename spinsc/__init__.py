"""Stochastic-computing hardware of trained networks, on spintronic randomness, checked bit for bit.

Ten names are what a script or a notebook needs (``docs/api.md``); each is imported when it is first asked for, so that
``import spinsc`` takes no time. The packages below are the whole library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spinsc.api import (
        Network,
        cosim,
        emit,
        evaluate,
        export,
        import_recording,
        load_network,
        simulate_recording,
        studies,
        train,
    )

    __version__: str
else:  # not seen by static tools, which else would take any name
    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "__version__":
            import importlib.metadata

            value: Any = importlib.metadata.version("spinsc")
        else:
            import spinsc.api

            value = getattr(spinsc.api, name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

__all__ = ["Network", "__version__", "cosim", "emit", "evaluate", "export", "import_recording", "load_network",
           "simulate_recording", "studies", "train"]
