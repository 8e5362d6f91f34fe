"""The command line, ``spinsc``: it runs one command; errors are one line each, with an exit code."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

from spinsc.errors import InputError
from spinsc.sim.cli.parser import parse

EXIT_GOOD, EXIT_MISMATCH, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 good, 1 a comparison failed, 2 bad input or a missing tool, 130 interrupted.
    """
    try:
        code = parse(sys.argv[1:] if arguments is None else arguments).run()
        sys.stdout.flush()
        return code
    except InputError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # The reader ('head', say) has what it wanted; without this, Python would complain once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_GOOD
    except OSError as error:
        place = f"{error.filename}: " if error.filename is not None else ""
        return _fail(f"{place}{error.strerror or error}; check the path, its permissions and the free space")
    except MemoryError:
        return _fail("out of memory; run fewer images at a time, or a shorter period (--period)")
    except KeyboardInterrupt as error:
        # Amaranth would list every component of the hardware that was being described.
        warnings.filterwarnings("ignore", message=".* created but never used")
        print(f"\nspinsc: {_one_line(str(error) or 'interrupted')}", file=sys.stderr)
        return EXIT_INTERRUPTED


def _fail(message: str) -> int:
    print(f"spinsc: error: {_one_line(message)}", file=sys.stderr)
    return EXIT_BAD_INPUT


def _one_line(message: str) -> str:
    return " ".join(message.split())


if __name__ == "__main__":
    sys.exit(main())
