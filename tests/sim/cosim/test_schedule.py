"""Schedules of stress: what they hold, whatever the network's pace."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.sim.cosim.schedule import LONGEST_RESET, MOST_IMAGES, Pace, Schedule, Steps, Stress

PACES = st.builds(
    lambda beats, image, more, quickest, layers: Pace(beats, image, image + more, min(quickest, image), layers),
    st.integers(1, 200), st.integers(1, 300), st.integers(1, 900), st.integers(1, 300), st.integers(1, 6))


def flags(schedule):
    """Pause, ready and reset of each cycle."""
    return [schedule.words >> bit & 1 == 1 for bit in (8, 9, 10)]


@settings(max_examples=40, deadline=None)
@given(pace=PACES, seed=st.integers(0, 2**32), fewest=st.integers(0, 30_000))
def test_episodes_follow_resets_and_have_images_of_their_own(pace, seed, fewest):
    schedule = Schedule.draw(pace, seed, fewest)
    _, _, reset = flags(schedule)
    stop = place = 0
    for episode in schedule.episodes:
        assert 1 <= episode.start - stop <= LONGEST_RESET
        assert reset[stop:episode.start].all()
        assert not reset[episode.start:episode.stop].any()
        assert (schedule.words[stop:episode.stop] >> 11 & 0x1FFF == place).all()
        assert (schedule.words[stop:episode.stop] >> 24 == episode.images).all()
        assert 1 <= episode.images <= MOST_IMAGES
        assert episode.first == place
        place, stop = place + episode.images, episode.stop
    assert (schedule.cycles, schedule.images, schedule.resets) == (stop, place, len(schedule.episodes) - 1)
    assert schedule.cycles >= fewest or schedule.resets == 69


@settings(max_examples=40, deadline=None)
@given(pace=PACES, seed=st.integers(0, 2**32))
def test_everything_fills_up_and_ends(pace, seed):
    schedule = Schedule.draw(pace, seed, 0)
    pause, ready, _ = flags(schedule)
    *cut, whole = schedule.episodes
    assert whole.complete
    assert not any(episode.complete for episode in cut)
    assert whole.images > pace.capacity
    stopped = whole.start + pace.capacity * pace.image
    assert not ready[whole.start:stopped].any()
    freely = whole.stop - whole.images * pace.image - pace.latency - 2 * pace.image
    assert freely > stopped
    assert ready[freely:].all()
    assert not pause[freely:].any()
    assert any(not ready[episode.start:episode.stop].any() for episode in cut)
    assert sum(episode.stop - episode.start > pace.latency for episode in cut) >= 3


def test_a_seed_gives_the_same_and_another_another():
    pace = Pace(10, 60, 150, 40, 2)
    first = Schedule.draw(pace, 5, 5000)
    assert np.array_equal(first.words, Schedule.draw(pace, 5, 5000).words)
    assert not np.array_equal(first.words[:300], Schedule.draw(pace, 6, 5000).words[:300])
    shorter = Schedule.draw(pace, 5, 0)
    assert np.array_equal(first.words[:shorter.cycles], shorter.words)
    assert first.until(100).cycles == 100


def test_what_a_schedule_means_goes_through_json():
    schedule = Schedule.draw(Pace(3, 20, 50, 10, 2), 1, 0)
    stress = Stress(schedule.cycles, schedule.episodes, tuple(range(schedule.images)), 3, (Steps(1, 2, 9, True),) * 2)
    assert Stress.from_json(json.loads(json.dumps(stress.to_json()))) == stress
