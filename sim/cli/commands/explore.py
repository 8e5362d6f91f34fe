"""``spinsc explore``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spinsc.extras import need
from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import NETWORK, ClusterOptions, integers, study_folder


@dataclass(frozen=True, kw_only=True)
class Explore(ClusterOptions):
    """A search of `spinsc.sim.studies.explore`; one that is interrupted goes on by the same command.

    What is not given takes the default of `spinsc.sim.studies.explore.Space`, which is too heavy to import here.
    """

    summary = "accuracy against look-up tables, cycles, random bits and energy of many designs, stochastic and binary"

    networks: tuple[str, ...] | None = option(
        metavar="NET", help=f"{NETWORK}, or several; otherwise networks are trained")
    hidden: tuple[tuple[int, ...], ...] | None = option(
        metavar="N", type=integers, help="hidden layers of the networks to train: 50 100 128,128")
    states: tuple[int, ...] | None = option(metavar="K", low=2, help="states of the networks to train")
    lengths: tuple[int, ...] | None = option(metavar="L", low=1, help="stream lengths")
    lanes: tuple[int, ...] | None = option(metavar="S", low=1, help="inputs in parallel")
    neurons: tuple[int, ...] | None = option(metavar="P", low=1, help="neurons in parallel")
    unroll: tuple[int, ...] | None = option(metavar="B", low=1, help="time steps per cycle")
    epochs: int | None = option(metavar="N", low=1, help="passes over the images in training")
    images: int | None = option(metavar="N", low=1, help="first so many test images; by default all")
    target: str = option(default="ecp5-85k", metavar="PART", help="FPGA whose look-up tables are estimated")
    energy: bool = option(default=False, help="also estimate the energy of an image, of up to 40 designs on the "
                          "fronts, as 'spinsc cost' does")
    out: str = study_folder("explore")

    def check(self) -> None:
        super().check()
        self.refuse_idle(self.networks is not None, ("hidden", "states", "epochs"), "with --networks")
        self.refuse_idle(self.scheduler not in (None, "local"), ("jobs",), f"with --scheduler {self.scheduler}")
        need("drawing figures", "plots")

    def run(self) -> int:
        from spinsc.sim.studies import explore

        names = {"neurons": "units"}
        space = explore.Space(**{names.get(name, name): getattr(self, name) for name in self.given & {
            "networks", "hidden", "states", "lengths", "lanes", "neurons", "unroll", "epochs", "images"}})
        print(explore.run(Path(self.out), space, target=self.target, jobs=self.jobs, scheduler=self.scheduler,
                          energy=self.energy))
        return 0
