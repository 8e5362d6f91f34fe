"""Which mutants the tests take of those that are recorded: others every day, the same in a whole run."""

from __future__ import annotations

import datetime
import os

#: Environment variable that chooses the sample; by default, the day does.
SEED_VARIABLE = "SPINSC_MUTATION_SEED"


def sample_seed() -> int:
    """The seed of this run's sample."""
    return int(os.environ.get(SEED_VARIABLE) or datetime.datetime.now(datetime.UTC).date().toordinal())
