"""Random numbers of an emitted directory: what is said of options that it has no use for."""

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cosim.directory import open_directory, random_numbers
from tests.coins import replay_of_coins

NETWORK = random_network((12, 4, 3), input_states=3, weight_states=3, activation_states=3, length=4, seed=1,
                         folding=[Folding(6, 4), Folding(4, 3)])


@pytest.fixture(scope="module", params=["lfsr", "replay"])
def hardware(request, tmp_path_factory):
    source = "lfsr" if request.param == "lfsr" else replay_of_coins(NETWORK, np.random.default_rng(0))
    folder = tmp_path_factory.mktemp("directory") / request.param
    emit(NETWORK, folder, source=source)
    return folder


@pytest.mark.parametrize("options", [{"period": 3}, {"seed": 0}, {"split": True}, {"allow_constant": True}])
def test_hardware_with_random_numbers_of_its_own_takes_no_options(hardware, options):
    """The error names what the user gave, and not how the golden model is told of the hardware's numbers."""
    manifest, network = open_directory(hardware)
    with pytest.raises(InputError) as caught:
        random_numbers(manifest, network, hardware, **options)
    flag = next(iter(options)).replace("_", "-")
    assert str(caught.value) == (f"--{flag} has no effect on {hardware}, which was emitted with random numbers of its "
                                 f"own ({hardware.name}); leave it out")
    assert random_numbers(manifest, network, hardware).period >= 1
