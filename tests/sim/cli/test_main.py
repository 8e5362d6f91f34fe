"""What all commands have in common: help, exit codes, errors of one line, and how a command is added."""

import dataclasses
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.sim.cli.command import Command, option, positional
from spinsc.sim.cli.commands.networks import Networks
from spinsc.sim.cli.options import RNG
from spinsc.sim.cli.parser import build_parser, parse
from spinsc.sim.cli.registry import COMMANDS, GROUPS, ORDER, in_order
from spinsc.sim.recordings.sources import RANDOM_BITS

ROOT = Path(__file__).parents[3]
HEAVY = {"torch", "numpy", "amaranth", "cocotb", "matplotlib", "numba", "scipy", "pyarrow", "rich"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Toy(Command):
    """A command that another package might bring."""

    summary = "add numbers"

    numbers: tuple[float, ...] = positional("X", "what is added")
    times: int = option("-n", "--times", low=1, default=1, metavar="N", help="how often")
    shout: bool = option(default=False, help="louder")

    def run(self) -> int:
        self.refuse_idle(self.times < 2, ("shout",), "without --times 2 or more")
        print(self.times * sum(self.numbers), sorted(self.given), "!" * self.shout)
        return 7


@pytest.fixture
def toys():
    """Registers toy commands, and forgets them again."""
    before = set(COMMANDS)

    def register(*names):
        for name in names:
            COMMANDS[name] = Toy

    yield register
    for name in set(COMMANDS) - before:
        del COMMANDS[name]


def test_help_imports_nothing_heavy():
    for words in ("['--help']", "['recording', 'import', '--help']", "['dance']"):
        code = f"import sys; from spinsc.sim.cli.main import main\ntry: main({words})\nexcept SystemExit: pass\n" \
               "print(*sys.modules, file=sys.stderr)"
        errors = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
        assert "spinsc.sim.cli.parser" in errors
        assert not HEAVY & set(errors.split())


@pytest.mark.parametrize("command", ["", *GROUPS, *COMMANDS])
def test_every_command_has_help(run, command):
    code, output, errors = run(f"{command} --help")
    assert (code, errors) == (0, "")
    assert output.startswith(f"usage: spinsc {command}".rstrip())
    assert "None" not in output


def test_commands_come_in_the_order_in_which_people_need_them():
    first = dict.fromkeys(name.partition(" ")[0] for name in in_order())
    assert tuple(first) == ORDER


@pytest.mark.parametrize("name", list(COMMANDS))
def test_what_is_not_given_has_the_default_of_its_field(name):
    """No argument has a default in argparse, so what a command sees as given was given."""
    command = COMMANDS[name]
    words, values = [], {}
    for argument, field in command.arguments().items():
        settings = field.metadata["settings"]
        if not command.flags(argument) and settings.get("nargs") != "*":
            values[argument] = (settings.get("choices") or ["x"])[0]
            words.append(values[argument])
        elif settings.get("required"):
            values[argument] = "3"
            words += [command.flags(argument)[-1], "3"]
    if name == "recording improve":
        words.append("--von-neumann")
    made = command.from_namespace(build_parser().parse_args([*name.split(" "), *words]))
    for argument, field in command.arguments().items():
        if argument not in made.given and command.flags(argument):
            assert getattr(made, argument) == field.default
    assert set(values) <= made.given


def test_a_command_is_added_by_the_registry_alone(run, refuses, toys):
    toys("toy", "play ball")
    assert run("toy 1 2.5 --times 2 --shout") == (7, "7.0 ['numbers', 'shout', 'times'] !\n", "")
    assert run("play ball 4") == (7, "4.0 ['numbers'] \n", "")
    assert "add numbers" in run("--help")[1]
    assert "(default: 1)" in run("toy --help")[1]
    refuses("toy 1 --shout", "--shout has no effect without --times 2 or more; leave it out")
    refuses("toy one", "X must be a number, not 'one'")
    refuses("toy nan", "X must be a number, not 'nan'")
    refuses("toy 1 --times 0", "--times must be at least 1, not 0")
    refuses("toy 1 --times 1.5", "--times must be a whole number, not '1.5'")
    refuses("toy 1 --tims 3", "--tims (did you mean --times?)")
    refuses("toi 1", "'toi' (did you mean toy?)")


def test_a_command_of_another_package_that_does_not_load_is_no_reason_to_stop(run, monkeypatch):
    monkeypatch.setitem(COMMANDS._found, "broken", type(next(iter(COMMANDS._found.values())))(
        "broken", "no.such.module:Command", "spinsc.commands"))
    code, output, errors = run("--version")
    assert (code, output) == (0, f"spinsc {version('spinsc')}\n")
    assert errors.startswith("spinsc: warning: the command 'broken' (no.such.module:Command) cannot be imported: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(("line", "words"), [
    ("", ["COMMAND"]), ("dance", ["dance", "--help"]), ("evil", ["'evil' (did you mean eval?)"]),
    ("recording", ["ACTION"]), ("recording inof", ["'spinsc recording'", "(did you mean info?)"]),
    ("networks --fast", ["--fast"]), ("eval mlp1-k5 --image 3", ["--image (did you mean --images?)"]),
    ("eval mlp1-k5 --images", ["--images needs a value"]), ("completion tcsh", ["SHELL", "'tcsh'", "bash"])])
def test_lines_that_are_no_commands(refuses, line, words):
    refuses(line, *words)


def test_failing_files_and_interruptions_are_one_line(run, refuses, monkeypatch):
    def raises(error):
        def command(self):
            raise error
        monkeypatch.setattr(Networks, "run", command)

    raises(PermissionError(13, "Permission denied", "/some/file"))
    refuses("networks", "/some/file: Permission denied")
    raises(MemoryError())
    refuses("networks", "out of memory")
    raises(KeyboardInterrupt())
    assert run("networks") == (130, "", "\nspinsc: interrupted\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(run, shell):
    code, output, errors = run(f"completion {shell}")
    assert (code, errors) == (0, "")
    for word in ("cosim", "von-neumann", "pixels-per-beat"):
        assert word in output
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=output, text=True, check=True)


def test_bash_completes(run, tmp_path):
    (tmp_path / "complete").write_text(run("completion bash")[1])
    asks = """source complete; COMP_WORDS=(spinsc recording inf); COMP_CWORD=2; _shtab_spinsc; echo ${COMPREPLY[*]}
              COMP_WORDS=(spinsc emit net --pix); COMP_CWORD=3; _shtab_spinsc; echo ${COMPREPLY[*]}
              COMP_WORDS=(spinsc recording info rec); COMP_CWORD=3; _shtab_spinsc; echo ${COMPREPLY[*]}
              COMP_WORDS=(spinsc emit mlp1w); COMP_CWORD=2; _shtab_spinsc; echo ${COMPREPLY[*]}
              COMP_WORDS=(spinsc eval rec); COMP_CWORD=2; _shtab_spinsc; echo ${COMPREPLY[*]}
              COMP_WORDS=(spinsc import rec); COMP_CWORD=2; _shtab_spinsc; echo ${COMPREPLY[*]}
              COMP_WORDS=(spinsc recording improve --shuffle mlp3-k11); COMP_CWORD=4
              _shtab_spinsc; echo ${COMPREPLY[*]}"""
    (tmp_path / "recorded.npz").touch()
    found = subprocess.run(["bash", "-c", asks], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["info", "--pixels-per-beat", "recorded.npz", "mlp1w-k5", "mlp1w-k11",
                                    "recorded.npz", "recorded.npz", "mlp3-k11"]


def test_command_lines_of_the_documents_are_such():
    """What README.md and docs show has options that exist and values that they take; running it is another matter."""
    lines = [line for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
             for line in re.findall(r"^    spinsc (.*)$", path.read_text().replace("\\\n", ""), re.MULTILINE)]
    assert len(lines) > 50
    for line in lines:
        words = shlex.split(line.partition("|")[0].replace("--seed S", "--seed 1"), comments=True)
        assert parse(words).line == shlex.join(["spinsc", *words])


def test_every_source_of_random_bits_is_explained_once():
    assert {value.partition(":")[0] for value in RNG} == {*RANDOM_BITS, *RANDOM_SOURCES}
    for name, registry in (("eval", RANDOM_BITS), ("cosim", RANDOM_BITS), ("emit", RANDOM_SOURCES)):
        text = COMMANDS[name].arguments()["rng"].metadata["settings"]["help"]
        taken = [value for value, meaning in RNG.items() if f"{value} ({meaning})" in text]
        assert len(taken) >= 3
        assert {value.partition(":")[0] for value in taken} <= set(registry)
