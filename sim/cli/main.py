"""The command line, ``spinsc``: its options, its exit codes, and errors as one line each.

Nothing heavy is imported before a command runs, so that ``spinsc --help`` answers at once; ``commands`` holds what
each command does.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from spinsc.errors import InputError

EXIT_GOOD, EXIT_MISMATCH, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130

_NETWORK = "name of a shipped network (see 'spinsc networks') or a .npz file written by 'spinsc train'"
_DATASETS = "mnist or fashion-mnist"
_RNG_RECORDED = "recording:FILE, or recording:default for the one in the package"


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are those of every other bad input."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see '{self.prog} --help'")


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Names defaults, but not those that only say that an option was not given."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False or action.default == "":
            return action.help
        return super()._get_help_string(action)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 good, 1 a comparison failed, 2 bad input or a missing tool, 130 interrupted.
    """
    try:
        options = vars(parser().parse_args(arguments))
        from spinsc.sim.cli import commands

        result: int = getattr(commands, options.pop("command"))(**options)
        sys.stdout.flush()
        return result
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


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets ``command``, a function of `commands`, and that function's arguments."""
    top = _Parser(prog="spinsc", description="Trained networks to stochastic-computing Verilog on s-MTJ randomness, "
                                             "checked bit for bit.",
                  epilog="Exit codes: 0 good, 1 a comparison failed, 2 bad input or a missing tool.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add(commands, "networks", "list the shipped networks and how each was trained")
    _add_train(commands)
    _add_eval(commands)
    _add_emit(commands)
    _add_cosim(commands)
    _add_recording(commands)
    _add_calibrate(commands)
    _add_study(commands)
    data = _add(commands, "data", "find a data set, or fetch it, and say where it is")
    data.add_argument("--dataset", metavar="NAME", default="mnist", help=_DATASETS)
    data.add_argument("--folder", metavar="FOLDER", help="look at the IDX files of this folder")
    _add(commands, "doctor", "what is installed, which simulator will be used, what is missing and how to get it")
    return top


def _add(commands: Any, name: str, summary: str, function: str | None = None) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + ".",
        formatter_class=_Formatter)
    added.set_defaults(command=function or name)
    return added


def _add_train(commands: Any) -> None:
    train = _add(commands, "train", "train a network on images; after an interruption, the same command goes on")
    train.add_argument("--hidden", metavar="N", nargs="*", type=_integers, required=True,
                       help="neurons of each hidden layer: 512,512,512 or 512 512 512")
    train.add_argument("--states", metavar="K", type=int, required=True, help="states of inputs, weights, activations")
    train.add_argument("--length", metavar="L", type=int, required=True, help="stream length in bits")
    train.add_argument("--out", metavar="FILE", required=True, help="the network file to write (.npz)")
    train.add_argument("--no-sc", dest="sc", action="store_false", help="train without the streams' noise")
    # SUPPRESS: what is not given takes the default of `models.training`, which is too heavy to import here
    train.add_argument("--epochs", metavar="N", type=int, default=argparse.SUPPRESS, help="passes over the images")
    train.add_argument("--seed", metavar="N", type=int, default=argparse.SUPPRESS, help="of everything random")
    train.add_argument("--device", default=argparse.SUPPRESS, help="torch device: cpu or cuda")
    train.add_argument("--learning-rate", metavar="X", type=float, default=argparse.SUPPRESS, help="the largest one")
    train.add_argument("--augmentation", metavar="X", type=float, default=argparse.SUPPRESS,
                       help="strength of the random maps of the images, 0 for none")
    train.add_argument("--start", metavar="FILE", default=argparse.SUPPRESS,
                       help="begin with the weights of this state file, such as that of another length")
    train.add_argument("--keep-state", action="store_true",
                       help="also write the real-valued weights, FILE with the suffix .state, for --start")
    train.add_argument("--dataset", metavar="NAME", default=argparse.SUPPRESS,
                       help=f"{_DATASETS}; by default mnist, or what --data holds")
    train.add_argument("--data", metavar="FOLDER", default=None,
                       help="folder of IDX files, of images of any size; otherwise the data set is found")


def _add_eval(commands: Any) -> None:
    evaluate = _add(commands, "eval", "accuracy of a network by the golden model", "evaluate")
    evaluate.add_argument("network", metavar="NET", help=_NETWORK)
    evaluate.add_argument("--length", metavar="L", type=int, help="stream length, if not the network's own")
    _add_images(evaluate, "all from the first one on")
    _add_random(evaluate, f"smtj (simulated), lfsr, ideal, {_RNG_RECORDED}", "smtj")
    _add_folding(evaluate)
    _add_plan(evaluate)
    evaluate.add_argument("--device", default="cpu", help="torch device")


def _add_emit(commands: Any) -> None:
    emit = _add(commands, "emit", "write the Verilog of a network, its memory images and a manifest")
    emit.add_argument("network", metavar="NET", help=_NETWORK)
    emit.add_argument("-o", "--out", metavar="DIR", required=True, help="new or empty folder")
    emit.add_argument("--length", metavar="L", type=int, help="stream length, if not the network's own")
    _add_folding(emit)
    _add_plan(emit)
    emit.add_argument("--unroll", metavar="B", type=int, help="time steps a cycle, cut to L; changes no result")
    emit.add_argument("--fold", metavar="FILE",
                      help='JSON list of {"lanes": S, "units": P, "unroll": B}, one for each layer')
    emit.add_argument("--target-cycles", metavar="N", type=int,
                      help="choose S, P and B of each layer, the cheapest that take an image every N cycles")
    emit.add_argument("--max-lanes", metavar="S", type=int, help="with --target-cycles: lanes of a layer at most")
    emit.add_argument("--rng", choices=("ports", "lfsr", "replay"), default="ports",
                      help="random numbers from s-MTJ ports, from LFSRs, or from memories that replay a recording")
    emit.add_argument("--recording", metavar="FILE", help="for replay; 'default' is the one in the package")
    emit.add_argument("--split", action="store_true", help="cut long recordings into several devices each")
    emit.add_argument("--pixels-per-beat", metavar="N", type=int, default=None,
                      help="pixels that the input stream takes at a time; by default 4")


def _add_cosim(commands: Any) -> None:
    cosim = _add(commands, "cosim", "simulate the Verilog in a folder and compare every layer with the golden model")
    cosim.add_argument("directory", metavar="DIR", help="folder written by 'spinsc emit', perhaps edited since")
    _add_images(cosim, "1,000, or fewer if there are not as many")
    cosim.add_argument("--embedded", action="store_true", help="use the 1,000 test images in the package")
    _add_random(cosim, f"at the ports: smtj (simulated), {_RNG_RECORDED}; by default smtj, or the folder's own source",
                None)
    cosim.add_argument("--waves", action="store_true", help="keep a waveform of the first image that differs")
    cosim.add_argument("--jobs", metavar="J", type=int, default=min(4, _cores()),
                       help="simulations at a time, or workers of '--scheduler local'")
    cosim.add_argument("--shard-size", metavar="N", type=int,
                       help="images that a simulation is given at a time; by default by the work that they are")
    cosim.add_argument("--scheduler", metavar="ADDRESS",
                       help="simulate on the workers of this Dask scheduler (they must see DIR), or 'local' for a "
                            "cluster on this machine")


def _add_recording(commands: Any) -> None:
    recording = commands.add_parser("recording", help="make, import and judge recordings of random bits",
                                    description="Make, import and judge recordings of random bits.")
    actions = recording.add_subparsers(metavar="ACTION", required=True)

    simulate = _add(actions, "simulate", "record simulated s-MTJs", "simulate_recording")
    simulate.add_argument("--out", metavar="FILE", required=True, help="the recording to write (.npz)")
    simulate.add_argument("--devices", metavar="N", type=int, help="junctions; by default those that --network needs")
    simulate.add_argument("--steps", metavar="N", type=int, help="samples of each; by default those of --images images")
    simulate.add_argument("--network", metavar="NET", help=_NETWORK)
    _add_plan(simulate)
    simulate.add_argument("--images", metavar="N", type=int, help="images that the recording is to cover; by default 8")
    simulate.add_argument("--seed", metavar="N", type=int, default=0, help="of everything random")
    for name, metavar, meaning in (
            ("dwell-time", "S", "mean dwell time of both states, in seconds"),
            ("dwell-time-0", "S", "mean dwell time of state 0, in seconds"),
            ("dwell-time-1", "S", "mean dwell time of state 1, in seconds"),
            ("barrier", "KT", "energy barrier in kT, instead of dwell times"),
            ("attempt-time", "S", "attempt time in seconds, for --barrier or --temperature"),
            ("bias", "KT", "tilt of the barrier in kT; a positive one favours ones"),
            ("barrier-spread", "KT", "standard deviation of the barrier over devices, in kT"),
            ("bias-spread", "KT", "standard deviation of the bias over devices, in kT"),
            ("sampling-interval", "S", "time between samples, in seconds"),
            ("temperature", "K", "temperature in kelvin; barriers, dwell times and biases are those at 300 K"),
            ("drift", "KT", "standard deviation of each device's bias over time, in kT"),
            ("drift-time", "S", "correlation time of the drift, in seconds"),
            ("flips", "F", "share of samples that the read-out inverts"),
            ("flip-time", "S", "correlation time of the inverted samples, in seconds")):
        simulate.add_argument(f"--{name}", metavar=metavar, type=float, default=argparse.SUPPRESS, help=meaning)

    read = _add(actions, "import", "turn measured tables, arrays or raw bits into a recording", "import_recording")
    read.add_argument("files", metavar="FILE", nargs="+", help="files of one format, each with devices of its own")
    read.add_argument("--out", metavar="FILE", required=True, help="the recording to write (.npz)")
    read.add_argument("--format", metavar="NAME",
                      help="csv, parquet, npy, packed or bytes; by default told by the content or the extension")
    read.add_argument("--time-column", metavar="COLUMN", help="by name, or by position from 0")
    read.add_argument("--voltage-column", metavar="COLUMN", action="append",
                      help="by name, or by position from 0; may be repeated, for a device each")
    read.add_argument("--threshold", metavar="V", default="midpoint",
                      help="a voltage from which on a sample is 1, or midpoint or otsu")
    read.add_argument("--sampling-interval", metavar="S", type=float, help="in seconds; by default from the times")
    read.add_argument("--bit-order", choices=("big", "little"), help="of packed bits; by default big")
    read.add_argument("--concatenate", action="store_true", help="files are successive stretches of the same devices")
    read.add_argument("--truncate", action="store_true", help="cut all devices to the shortest")
    read.add_argument("--device", metavar="TEXT", default="", help="what the device is")
    read.add_argument("--source", metavar="TEXT", default="", help="where the files come from")
    read.add_argument("--kind", choices=("measured", "simulated"), default="measured", help="how they came about")
    _add_allow_constant(read)

    improve = _add(actions, "improve", "make better bits from those of a recording", "improve_recording")
    improve.add_argument("file", metavar="FILE", help="a recording; 'default' is the one in the package")
    improve.add_argument("--out", metavar="FILE", required=True, help="the recording to write (.npz)")
    way = improve.add_mutually_exclusive_group(required=True)
    way.add_argument("--xor", metavar="N", type=int, help="XOR of N junctions each")
    way.add_argument("--every", metavar="N", type=int, help="every N-th sample: a longer sampling interval")
    way.add_argument("--von-neumann", action="store_true", help="pairs of samples 01 as 0 and 10 as 1, others dropped")
    way.add_argument("--shuffle", metavar="NET", help="junctions that change the lanes of this network at every step")
    _add_allow_constant(improve)

    info = _add(actions, "info", "describe a recording: bias, dwell times, autocorrelation, min-entropy",
                "describe_recording")
    info.add_argument("file", metavar="FILE", help="a recording; 'default' is the one in the package")
    info.add_argument("--picture", metavar="FILE", help="draw the statistics (.png, .pdf or .svg)")
    info.add_argument("--rows", metavar="N", type=int, default=16, help="devices listed one by one")
    info.add_argument("--lags", metavar="N", type=int, default=20, help="highest lag of the autocorrelation")
    info.add_argument("--json", action="store_true", help="print everything as JSON instead of a table")
    _add_allow_constant(info)


def _add_calibrate(commands: Any) -> None:
    calibrate = _add(commands, "calibrate", "choose a network's thresholds for the junctions of a recording")
    calibrate.add_argument("network", metavar="NET", help=_NETWORK)
    calibrate.add_argument("--recording", metavar="FILE", required=True,
                           help="recording of the junctions, in the order of the calibrated network's device map")
    calibrate.add_argument("-o", "--out", metavar="FILE", required=True, help="the network file to write (.npz)")
    calibrate.add_argument("--random-bits", metavar="M", type=int, default=8,
                           help="width of the random numbers, unless the network's are wider: M junctions a lane")
    calibrate.add_argument("--common", action="store_true",
                           help="the same thresholds for all junctions, from their mean P(1)")
    _add_allow_constant(calibrate)


def _add_study(commands: Any) -> None:
    """``spinsc study NAME``: the function ``run`` of the module of that name in `spinsc.sim.studies`."""
    study = commands.add_parser("study", help="make the tables and figures of docs/studies again",
                                description="Make the tables and figures of docs/studies again.")
    studies = study.add_subparsers(metavar="STUDY", required=True)
    paper = _add(studies, "paper", "the paper's grid: states, stream lengths, hidden layers, training with and "
                                   "without SC", "study")
    _add_cells(paper, "paper")
    paper.add_argument("--rtl", action="store_true", help="also run the networks of the claims through the RTL")
    paper.add_argument("--data", metavar="FOLDER", help="folder of IDX files; otherwise MNIST is found")
    _add_cells(_add(studies, "junctions", "accuracy against the number of junctions for each plan of random numbers",
                    "study"), "junctions")
    device = _add(studies, "device", "junctions that are not ideal: what they cost, and what helps", "study")
    _add_cells(device, "device")
    device.add_argument("--images", metavar="N", type=int, help="first so many test images; by default all")
    _add_cells(_add(studies, "llg", "the two-state model of a junction against the stochastic LLG equation (cmtj)",
                    "study"), "llg")


def _add_cells(command: argparse.ArgumentParser, name: str) -> None:
    """What all studies take; a study that is interrupted goes on by the same command."""
    command.set_defaults(name=name)
    command.add_argument("--out", metavar="DIR", default=f"build/studies/{name}",
                         help="folder of results, tables and figures; cells that it has are not computed again")
    command.add_argument("--seeds", metavar="N", type=int, default=3, help="seeds of each cell, from 0")
    command.add_argument("--jobs", metavar="J", type=int, default=min(4, _cores()), help="cells at a time")
    command.add_argument("--scheduler", metavar="ADDRESS",
                         help="run the cells on the workers of this Dask scheduler (they must see DIR), or 'local' for "
                              "a cluster on this machine")


def _add_images(command: argparse.ArgumentParser, default: str) -> None:
    command.add_argument("--images", metavar="N", type=int, help=f"number of images; by default {default}")
    command.add_argument("--first", metavar="I", type=int, default=0, help="number of the first image, from 0")
    command.add_argument("--dataset", metavar="NAME",
                         help=f"{_DATASETS}; by default that which the network was trained on")
    command.add_argument("--data", metavar="PATH",
                         help="folder of IDX files, or a .npz file with 'images' and 'labels'; otherwise the test set "
                              "of the data set is found")


def _add_random(command: argparse.ArgumentParser, meaning: str, default: str | None) -> None:
    command.add_argument("--rng", default=default, help=meaning)
    command.add_argument("--seed", metavar="N", type=int, help="of smtj and ideal; by default 0")
    command.add_argument("--period", metavar="R", type=int, help="images after which the random numbers repeat")
    command.add_argument("--repeat", action="store_true", default=None, help="begin again where a recording given ends")
    command.add_argument("--split", action="store_true", help="cut long recordings into several devices each")
    _add_allow_constant(command)


def _add_folding(command: argparse.ArgumentParser) -> None:
    command.add_argument("--lanes", metavar="S", type=int, help="inputs in parallel, cut to each layer's size")
    command.add_argument("--neurons", metavar="P", type=int, help="neurons in parallel, cut to each layer's size")


def _add_plan(command: argparse.ArgumentParser) -> None:
    command.add_argument("--plan", metavar="PLAN",
                         help="plan of the random numbers, such as groups=8,delay=3 or weight.source=tuned; 'own' for "
                              "junctions of its own for every lane; see docs/hardware.md. By default the network's")


def _add_allow_constant(command: argparse.ArgumentParser) -> None:
    command.add_argument("--allow-constant", action="store_true", help="accept devices whose samples are all equal")


def _cores() -> int:
    """Processors that this process may use; not every system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _integers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise argparse.ArgumentTypeError(f"whole numbers are needed, not {text!r}") from None


if __name__ == "__main__":
    sys.exit(main())
