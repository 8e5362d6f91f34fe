"""``spinsc train``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spinsc.errors import InputError
from spinsc.extras import need
from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import DATASETS, DEVICE, SEED, JsonOption, ReportOption, integers

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Train(ReportOption, JsonOption):
    """Train a network and write its file.

    What is not given takes the default of `spinsc.models.training`, which is too heavy to import here.
    """

    summary = "train a network on images; after an interruption, the same command goes on"

    hidden: tuple[tuple[int, ...], ...] = option(
        metavar="N", nargs="*", type=integers, required=True,
        help="neurons of each hidden layer: 512,512,512 or 512 512 512")
    states: int = option(metavar="K", required=True, help="states of inputs, weights, activations")
    length: int = option(metavar="L", required=True, help="stream length in bits")
    out: str = option("-o", "--out", metavar="FILE", required=True, help="the network file to write (.npz)")
    sc: bool = option("--no-sc", default=True, help="train without the streams' noise")
    noise: str | None = option(
        choices=("independent", "shared"), help="that noise: of each sum alone, or that of bits which a layer's "
        "neurons share as in hardware, for streams of few bits")
    epochs: int | None = option(metavar="N", help="passes over the images")
    seed: int | None = option(metavar="N", low=0, help=SEED)
    device: str | None = option(help=DEVICE)
    learning_rate: float | None = option(metavar="X", help="the largest learning rate of the schedule")
    batch_size: int | None = option(metavar="N", help="images per step of the optimizer")
    augmentation: float | None = option(metavar="X", help="strength of the random maps of the images, 0 for none")
    validation_images: int | None = option(metavar="N", help="training images set aside to look at")
    input_thresholds: str | None = option(
        choices=("even", "quantiles"), help="where the states of the input begin: in even steps, or so that equally "
        "many pixels that are not 0 have each")
    start: str | None = option(
        metavar="FILE", help="begin with the weights of this state file, such as that of another length")
    keep_state: bool = option(
        default=False, help="also write the real-valued weights, FILE with the suffix .state, for --start")
    curve: str | None = option(
        metavar="FILE", help="picture of the learning curve (.png): loss and validation accuracy after each epoch")
    dataset: str | None = option(metavar="NAME", help=f"{DATASETS}; by default mnist, or what --data holds")
    data: str | None = option(
        metavar="PATH", help="samples of your own: a folder of IDX files, a .npz file with 'images' and 'labels', or a "
        "table (.csv) with a row of features and a label per sample; otherwise the data set is found")
    test: str | None = option(
        metavar="PATH", help="test samples; by default those in --data, or a fifth of them")
    label_column: str | None = option(
        metavar="COLUMN", help="of tables, by name or position from 0; by default label, class, target or y, else the "
        "last")

    def result(self) -> Report:
        from spinsc.models.training import trainer
        from spinsc.models.training.checkpoint import state_path
        from spinsc.sim.report.networks import training_report

        self.refuse_idle(not self.sc, ("noise",), "with --no-sc")
        self.refuse_idle(self.data is None, ("test", "label_column"), "without --data")
        self.writes("out", self.out, (self.start, self.data, self.test), self.force)
        if self.keep_state:
            self.writes("keep_state", state_path(self.out), (self.start,), self.force)
        if self.curve is not None:
            if not self.curve.endswith(".png"):
                raise InputError(f"--curve {self.curve} must end in .png; it is a picture")
            need("--curve", "plots")
            self.writes("curve", self.curve, (self.start, self.data, self.test, self.out), self.force)
        self.check_report((self.start, self.data, self.test), alone=False)
        settings = {name: getattr(self, name) for name in self.given & {
            "sc", "noise", "epochs", "seed", "device", "batch_size", "learning_rate", "augmentation",
            "validation_images", "input_thresholds", "start", "dataset"}}
        network = trainer.train(tuple(width for part in self.hidden for width in part), self.states, self.length,
                                out=self.out, data=self.data, test=self.test, label_column=self.label_column,
                                keep_state=self.keep_state, **settings)
        report = training_report(network, self.out)
        if self.curve is not None:
            from spinsc.sim.studies.report import draw_learning_curve, new_figure, save_figure

            figure, axes = new_figure()
            draw_learning_curve(axes, network.provenance["learning_curve"])
            save_figure(figure, Path(self.curve))
        if self.report is not None:
            from spinsc.sim.pages.page import write_page
            from spinsc.sim.pages.training import training_page

            write_page(training_page(network, report.rows, self.line, report.plain), self.report)
        return report
