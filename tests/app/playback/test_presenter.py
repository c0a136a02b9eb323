"""What the transport bar's buttons do to a recording, and what it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.playback.presenter import PlaybackPresenter
from engine.capture.playback import PlaybackStatus, Position


class FakePlayback:
    """Remembers what it was asked; where it stands is the test's."""

    def __init__(self) -> None:
        self.now: PlaybackStatus | None = PlaybackStatus(Position(734, 3780, 12.34, 63.0))
        self.asked: list[tuple[str, float]] = []

    def status(self) -> PlaybackStatus | None:
        return self.now

    def seek(self, time_s: float) -> None:
        self.asked.append(("seek", time_s))

    def step(self, frames: int) -> None:
        self.asked.append(("step", frames))

    def pause(self, paused: bool) -> None:
        self.asked.append(("pause", paused))

    def set_speed(self, speed: float) -> None:
        self.asked.append(("speed", speed))

    def change(self, **changes: object) -> None:
        assert self.now is not None
        self.now = replace(self.now, **changes)  # type: ignore[arg-type]


@pytest.fixture
def playback() -> FakePlayback:
    return FakePlayback()


@pytest.fixture
def presenter(playback: FakePlayback) -> PlaybackPresenter:
    made = PlaybackPresenter()
    made.update(playback)
    playback.asked.clear()
    return made


def test_a_camera_has_no_bar() -> None:
    presenter = PlaybackPresenter()
    playback = FakePlayback()
    playback.now = None
    for control in (None, playback):
        presenter.update(control)
        assert presenter.figures() is None
        assert not presenter.present
        assert not presenter.toggle()
    presenter.step(1)
    presenter.seek(1.0)
    assert not playback.asked


def test_the_bar_shows_time_and_frame(presenter: PlaybackPresenter) -> None:
    figures = presenter.figures()
    assert figures is not None
    assert (figures.text, figures.frame_text) == ("0:12.3 / 1:03.0", "frame 735 of 3,780")
    assert figures.playing


def test_one_button_plays_and_pauses(presenter: PlaybackPresenter, playback: FakePlayback) -> None:
    assert presenter.toggle()
    playback.change(paused=True)
    presenter.update(playback)
    assert presenter.standing
    presenter.toggle()
    assert playback.asked == [("pause", True), ("pause", False)]


def test_from_the_end_it_plays_again(presenter: PlaybackPresenter, playback: FakePlayback) -> None:
    playback.change(ended=True)
    presenter.update(playback)
    assert presenter.standing
    presenter.toggle()
    assert playback.asked == [("seek", 0.0), ("pause", False)]


def test_a_loop_winds_back_once_at_the_end(
    presenter: PlaybackPresenter, playback: FakePlayback
) -> None:
    presenter.loop = True
    playback.change(ended=True)
    for _ in range(3):
        presenter.update(playback)
        assert not presenter.standing
    assert playback.asked == [("seek", 0.0)]
    playback.change(ended=False)
    presenter.update(playback)
    playback.change(ended=True)
    presenter.update(playback)
    assert playback.asked == [("seek", 0.0)] * 2


def test_a_paused_recording_does_not_loop(
    presenter: PlaybackPresenter, playback: FakePlayback
) -> None:
    presenter.loop = True
    playback.change(ended=True, paused=True)
    presenter.update(playback)
    assert not playback.asked


@pytest.mark.parametrize(
    ("before", "steps", "after"),
    [(1.0, 1, 2.0), (1.0, -1, 0.5), (4.0, 1, 4.0), (0.25, -1, 0.25), (3.0, -1, 1.0)],
)
def test_speeds_go_up_and_down_in_steps(
    presenter: PlaybackPresenter, playback: FakePlayback, before: float, steps: int, after: float
) -> None:
    playback.change(speed=before)
    presenter.update(playback)
    presenter.faster(steps)
    assert playback.asked == [("speed", after)]
    assert presenter.speed == after


def test_the_chosen_speed_holds_for_the_next_recording(presenter: PlaybackPresenter) -> None:
    presenter.set_speed(2.0)
    other = FakePlayback()
    presenter.update(other)
    assert other.asked == [("speed", 2.0)]
    presenter.update(other)
    assert other.asked == [("speed", 2.0)]


def test_a_source_that_says_how_fast_is_obeyed() -> None:
    presenter = PlaybackPresenter()
    presenter.speed = 2.0
    playback = FakePlayback()
    playback.change(speed=0.5)
    presenter.update(playback)
    assert not playback.asked
