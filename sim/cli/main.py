"""The command line, ``spinsc``: it runs one command; errors are one line each, with an exit code."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from spinsc.errors import InputError
from spinsc.files import NO_ROOM
from spinsc.sim.cli.command import Command
from spinsc.sim.cli.options import warn
from spinsc.sim.cli.parser import parse
from spinsc.sim.cli.surroundings import failure_line, prepare_cache, prepare_streams, save_traceback

EXIT_GOOD, EXIT_MISMATCH, EXIT_BAD_INPUT, EXIT_FAULT, EXIT_INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 good, 1 a comparison failed, 2 bad input or a missing tool, 3 a fault of this program, 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = None
    prepare_streams()
    try:
        command = parse(words)
        warn(prepare_cache())
        command.check()
        code = command.run()
        sys.stdout.flush()
        return code
    except InputError as error:
        return _fail(str(error) if command is None else command.in_options(str(error)))
    except BrokenPipeError:
        # The reader ('head', say) has what it wanted; without this, Python would complain once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_GOOD
    except OSError as error:
        return _fail(failure_line(error, _places(command)))
    except MemoryError:
        return _fail("out of memory; run fewer images at a time, or a shorter period (--period)")
    except KeyboardInterrupt as error:
        # Amaranth would list every component of the hardware that was being described.
        warnings.filterwarnings("ignore", message=".* created but never used")
        print(f"\nspinsc: {_one_line(str(error) or 'interrupted')}", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        warnings.filterwarnings("ignore", message=".* created but never used")
        for number, said in NO_ROOM.items():  # by a tool that could not write
            if said in str(error):
                return _fail(failure_line(OSError(number, said), _places(command)))
        reason = _one_line(f"{type(error).__name__}: {error}")
        _fail(f"a fault of spinsc itself ({reason[:200]}); {save_traceback(error, words)}; please report it")
        return EXIT_FAULT


def _places(command: Command | None) -> list[Path]:
    """Folders that a command writes to."""
    import platformdirs

    written = getattr(command, "out", None) or getattr(command, "directory", None) or "."
    return [Path(written), Path(tempfile.gettempdir()), Path(platformdirs.user_cache_dir())]


def _fail(message: str) -> int:
    print(f"spinsc: error: {_one_line(message)}", file=sys.stderr)
    return EXIT_BAD_INPUT


def _one_line(message: str) -> str:
    return " ".join(message.split())


if __name__ == "__main__":
    sys.exit(main())
