"""Names of cells in words."""

import pytest

from spinsc.sim.flows.paths import path_in_words


@pytest.mark.parametrize(("cells", "words"), [
    (["network.layer0.buffer.memory.0.0_RAM", "network.layer0.units.g_unit[2].neuron.select.state_0_LUT4_Z",
      "network.layer0.units.g_unit[2].neuron.multiplier.product_LUT4_Z_1", "$nextpnr_CCU2C_3",
      "network.layer0.units.g_unit[2].neuron.popcount.count_LUT4_Z",
      "network.layer0.units.g_unit[2].neuron.ones_TRELLIS_FF_Q"],
     "state buffer -> select -> XNOR -> popcount -> neuron of layer 0"),
    (["network.activation0.thresholds$16.words.0.0", "network.layer1_input__payload_4_LUT4_Z",
      "network.layer1.buffer.history_0_TRELLIS_FF_Q"], "thresholds of layer 0 -> control -> state buffer of layer 1"),
    (["network.lfsr1_weight.state_3_TRELLIS_FF_Q", "network.layer1.weight_comparator_2.less_1_LUT4_Z",
      "network.layer1.weight_less_1_TRELLIS_FF_Q"], "LFSR -> weight comparators -> control of layer 1"),
    (["network.layer0.neuron_units.words.0.28", "network.layer0.neuron_units.words.0.71_DOA8_LUT4_Z",
      "network.layer0.neuron_units.g_unit[29].pushed_TRELLIS_FF_Q_11"], "weight memory of layer 0"),
    (["network.argmax.best_TRELLIS_FF_Q", "network.m_axis_tdata_LUT4_Z"], "output unit"),
    (["network.layer0.sequencer.chunk_SB_DFF_Q", "network.layer0.units.g_unit[10].weights.g_plane[0].plane_RAM"],
     "sequencer -> weight memory of layer 0")])
def test_path(cells, words):
    assert path_in_words(cells) == words
