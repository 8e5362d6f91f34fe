"""Reads waveforms (.fst) by GTKWave's own library."""

from pathlib import Path

import pylibfst


class Waveform:
    """All changes of a waveform.

    Attributes
    ----------
    widths : dict of str
        Bits of each signal, by its path without the range of its bits.
    """

    def __init__(self, path: Path) -> None:
        reader = pylibfst.lib.fstReaderOpen(str(path).encode())
        assert reader != pylibfst.ffi.NULL, f"{path} is no waveform"
        _, signals = pylibfst.get_scopes_signals2(reader)
        self.widths = {name.partition(" [")[0]: signal.length for name, signal in signals.by_name.items()}
        self._handles = {name.partition(" [")[0]: signal.handle for name, signal in signals.by_name.items()}
        self._changes: dict[int, list[tuple[int, str]]] = {}

        def changed(_: None, time: int, handle: int, value: object) -> None:
            self._changes.setdefault(handle, []).append((time, pylibfst.helpers.string(value)))

        pylibfst.lib.fstReaderSetFacProcessMaskAll(reader)
        pylibfst.fstReaderIterBlocks(reader, changed)
        pylibfst.lib.fstReaderClose(reader)

    @property
    def end(self) -> int:
        """Time of the last change, in steps of the waveform."""
        return max(changes[-1][0] for changes in self._changes.values())

    def samples(self, clock: str, *names: str) -> list[tuple[str, ...]]:
        """Values, as digits 0, 1, x and z, of signals right before each rising edge of a clock."""
        events = sorted([(time, 0, 0, value) for time, value in self._changes[self._handles[clock]]]
                        + [(time, 1, number, value) for number, name in enumerate(names)
                           for time, value in self._changes.get(self._handles[name], [])])
        now, before, found = ["x"] * len(names), "x", []
        for _, kind, number, value in events:
            if kind:
                now[number] = value
            else:
                if value == "1" and before == "0":
                    found.append(tuple(now))
                before = value
        return found
