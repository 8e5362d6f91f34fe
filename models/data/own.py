"""Training and test sets of your own: from one file or two, of images or of tables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spinsc.errors import InputError
from spinsc.models.data.features import FeatureScaling
from spinsc.models.data.images import Images
from spinsc.models.data.samples import Samples, has_both_sets, load_samples

#: Share of the samples that is set aside for the test, where there is no test set.
TEST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class OwnSets:
    """A training and a test set.

    Attributes
    ----------
    training, test : Images
        Bytes.
    facts : dict
        What belongs to a network that is trained on them, for its provenance: how features become bytes (see
        `FeatureScaling`), and names of the classes.
    """

    training: Images
    test: Images
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> bool:
        """Whether the samples are rows of features and not images."""
        return self.training.shape[0] == 1


def own_sets(data: str | os.PathLike[str], test: str | os.PathLike[str] | None = None, *, seed: int = 0,
             label_column: str | None = None) -> OwnSets:
    """The sets of a file or folder, or of two.

    Parameters
    ----------
    data : path
        See `load_samples`.
    test : path, optional
        By default the test set in ``data``, or a fifth of its samples, chosen by ``seed``.
    seed : int
    label_column : str, optional
        Of tables.

    Raises
    ------
    InputError
        If a file cannot be read, or the sets are not of the same kind.
    """
    samples = load_samples(data, "train", label_column=label_column)
    if test is not None or has_both_sets(data):
        return joined(samples, load_samples(data if test is None else test, "test", label_column=label_column))
    return divided(samples, seed)


def divided(samples: Samples, seed: int) -> OwnSets:
    """The sets of samples of which a fifth is for the test."""
    aside = int(len(samples) * TEST_SHARE)
    if aside < 1:
        raise InputError(f"{samples.source} has {len(samples)} samples, too few for a training and a test set; give "
                         "more, or a test set (--test)")
    order = np.random.default_rng(seed).permutation(len(samples))
    return joined(samples[order[aside:]], samples[order[:aside]])


def joined(samples: Samples, test: Samples) -> OwnSets:
    """The sets of two, with the scaling and the classes of the first."""
    if samples.real != test.real or samples.values.shape[1:] != test.values.shape[1:]:
        raise InputError(f"{test.source} and {samples.source} differ: {test!r}, {samples!r}; give a training and a "
                         "test set of the same kind")
    scaling = FeatureScaling.spanning(samples.values) if samples.real else None
    facts: dict[str, Any] = {} if scaling is None else {"features": scaling.facts}
    if samples.classes:
        facts["classes"] = list(samples.classes)
    if samples.classes != test.classes:
        unknown = set(test.classes) - set(samples.classes)
        if unknown or test.labels is None:
            raise InputError(f"{test.source} has the class {min(unknown, default='')!r}, which {samples.source} lacks")
        places = np.array([samples.classes.index(name) for name in test.classes], np.uint8)
        test = Samples(test.values, places[test.labels], test.source, samples.classes, test.shape)
    return OwnSets(samples.images(scaling), test.images(scaling), facts)
