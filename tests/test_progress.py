"""Progress: a bar on a terminal, nothing elsewhere."""

import os
import pty
import re
import subprocess
import sys

import pytest

from spinsc.progress import Bar, progress_bar

CODE = """
import sys
from spinsc.progress import progress_bar
with progress_bar("counting", 200, unit="image", done=100, shown=%s) as bar:
    bar.advance(20)
    bar.at(150, total=300)
    bar.describe("adding")
    bar.remark("loss 0.5")
    bar.restart()
    bar.say("spinsc: [red]a line")
    bar.advance(150)
print("rich" in sys.modules)
"""


def on_a_terminal(shown, **environment):
    """All that the code prints to standard error, a terminal, and to standard output, which is none."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", CODE % shown], stdout=subprocess.PIPE, stderr=theirs,
                          env={**os.environ, "COLUMNS": "100", "TERM": "xterm", **environment}) as process:
        output = process.stdout.read().decode()
    os.close(theirs)
    errors = b""
    try:
        while piece := os.read(ours, 65536):
            errors += piece
    except OSError:  # its way to say that the other end is closed
        pass
    os.close(ours)
    return errors.decode(), output


def test_a_terminal_has_a_bar_that_goes_away():
    errors, output = on_a_terminal(True)
    assert output == "True\n"
    assert "spinsc: [red]a line\r\n" in errors
    plain = re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", errors)
    assert "300/300 images" in plain
    assert "adding" in plain
    assert "loss 0.5" in plain
    assert errors.rstrip().endswith("\x1b[2K")  # erased


@pytest.mark.parametrize(("shown", "environment"), [(False, {}), (True, {"TERM": "dumb"})])
def test_a_bar_that_is_not_wanted_or_cannot_be_drawn(shown, environment):
    assert on_a_terminal(shown, **environment) == ("spinsc: [red]a line\r\n", "False\n")


def test_a_log_has_no_bar(capsys):
    with progress_bar("counting", 3) as bar:
        bar.advance()
        bar.describe("x")
        bar.at(3)
    assert bar.done == 3
    assert capsys.readouterr() == ("", "")
    Bar().say("a line")
    assert capsys.readouterr() == ("", "a line\n")
