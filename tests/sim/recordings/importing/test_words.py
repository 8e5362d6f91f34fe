"""Raw bytes that are not what they are taken for."""

import numpy as np
import pytest

from spinsc.errors import InputError
from tests.sim.recordings.importing.test_read import import_recording

BITS = np.random.default_rng(8).integers(0, 2, 800)
ADC = np.random.default_rng(9).normal(0, 30, 800) + np.where(BITS, 8800, 3900)


def read(tmp_path, content, format=None):
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    return import_recording([path], format=format)


@pytest.mark.parametrize(("content", "format", "message"), [
    (b"".join(b"%d" % bit for bit in BITS), "bytes", "ASCII digits; choose --format bits"),
    (b"".join(b"%d" % bit for bit in BITS), "packed", "ASCII digits; choose --format bits"),
    (b"".join(b"%d\n" % bit for bit in BITS), None, "ASCII digits; choose --format bits, or csv"),
    (np.random.default_rng(1).integers(0, 16, 400, dtype=np.uint8).tobytes(), None, "symbols of 4 bits"),
    (np.random.default_rng(1).integers(0, 16, 400, dtype=np.uint8).tobytes(), "packed", "symbols of 4 bits"),
    (np.random.default_rng(1).integers(0, 4, 400, dtype=np.uint8).tobytes(), "packed", "never change"),
    (ADC.astype("<i2").tobytes(), None, "numbers of 16 bits"),
    (ADC.astype(">i2").tobytes(), None, "numbers of 16 bits"),
    (ADC.astype("<i2").tobytes(), "packed", "never change"), (ADC.astype("<i4").tobytes(), "packed", "never change"),
    (ADC.astype("<f4").tobytes(), None, "numbers of 32 bits"),
    (ADC.astype("<f8").tobytes(), None, "numbers of 64 bits"),
    (ADC.astype("<f4").tobytes(), "packed", "never change"), (ADC.astype("<f8").tobytes(), "packed", "never change"),
    (BITS.astype("<i2").tobytes(), None, "only every 2nd byte .* words of 16 bits"),
    (BITS.astype(">i2").tobytes(), None, "only every 2nd byte .* words of 16 bits"),
    (BITS.astype("<i4").tobytes(), None, "only every 4th byte .* words of 32 bits"),
    (BITS.astype("<i8").tobytes(), None, "only every 8th byte .* words of 64 bits"),
    (BITS.astype("<f4").tobytes(), None, "numbers of 32 bits|not 0 or 1"),
    (BITS.astype(np.uint8).tobytes(), "packed", "never change"),
    ((255 * BITS).astype(np.uint8).tobytes(), None, "are 0 and 255, not 0 and 1")])
def test_refused(tmp_path, content, format, message):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path, content, format)
    assert "\n" not in str(error.value)
    if "never" not in message:
        assert "--format packed" not in str(error.value)


@pytest.mark.parametrize("p1", [0.5, 0.03, 0.97, 0.3])
def test_bits_of_any_probability_are_read(tmp_path, p1):
    bits = (np.random.default_rng(3).random(4000) < p1).astype(np.uint8)
    assert np.array_equal(read(tmp_path, np.packbits(bits).tobytes(), "packed").bits()[0], bits)
    assert np.array_equal(read(tmp_path, bits.tobytes()).bits()[0], bits)


def test_digits_are_read_whatever_the_extension(tmp_path):
    text = "".join(map(str, BITS))
    for content in (text, text + "\n", "\ufeff" + text):
        assert np.array_equal(read(tmp_path, content.encode()).bits()[0], BITS)
    with pytest.raises(InputError, match=r"digit 801 .* is '2'"):
        read(tmp_path, (text + "2").encode(), "bits")
