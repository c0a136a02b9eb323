"""What the window says of a recording, from the session's own words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.banner import Action, Banner, Tone
from app.recording.presenter import SAVED_S, RecordingPresenter
from app.session_use import SessionWish
from engine.recording.recording_status import RecordingState, RecordingStatus
from tests.app.fakes import FakeSession
from tests.app.recording.statuses import PATH, RUNNING

SECOND = 1_000_000_000


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(SessionWish("sim:"))


@pytest.fixture
def presenter(session: FakeSession) -> RecordingPresenter:
    made = RecordingPresenter(lambda _uri: PATH)
    made.start(session, "sim:")
    return made


def _at(
    presenter: RecordingPresenter, session: FakeSession, status: RecordingStatus, now_s: float = 0
) -> Banner | None:
    session.recording_status = status
    presenter.update(int(now_s * SECOND))
    return presenter.news(int(now_s * SECOND))


def test_it_waits_for_the_first_frame(presenter: RecordingPresenter) -> None:
    figures = presenter.figures()
    assert figures is not None
    assert figures.title == "Waiting for the first frame"
    assert not figures.recording


def test_time_rate_size_and_room_are_shown(
    presenter: RecordingPresenter, session: FakeSession
) -> None:
    assert _at(presenter, session, RUNNING) is None
    figures = presenter.figures()
    assert figures is not None
    assert figures.title == "1:03"
    assert figures.figures == ("48.2 MB/s", "412 MB")
    assert figures.left == "3 h 3 min left on the disk"
    assert (figures.lost, figures.lossy, figures.warning) == ("nothing lost", False, False)


def test_each_loss_has_its_reason(presenter: RecordingPresenter, session: FakeSession) -> None:
    _at(presenter, session, replace(RUNNING, camera_drops=1, queue_drops=20, disk_drops=0))
    figures = presenter.figures()
    assert figures is not None
    assert (figures.lost, figures.lossy) == ("21 lost", True)
    assert "1 frame lost by the camera" in figures.tip
    assert "20 frames lost before the disk" in figures.tip
    assert "by the disk:" not in figures.tip


def test_a_disk_that_fills_up_is_said_until_it_was_read(
    presenter: RecordingPresenter, session: FakeSession
) -> None:
    _at(presenter, session, replace(RUNNING, warning="5.5 GB are left on the disk."))
    warning = presenter.warning()
    assert warning is not None
    assert (warning.tone, warning.advice) == (Tone.WARNING, "5.5 GB are left on the disk.")
    presenter.act(Action.DISMISS)
    assert presenter.warning() is None
    figures = presenter.figures()
    assert figures is not None
    assert figures.warning


def test_a_whole_file_is_said_for_a_while(
    presenter: RecordingPresenter, session: FakeSession
) -> None:
    presenter.stop()
    assert session.recording_end_asked
    assert presenter.unfinished
    assert not presenter.active
    done = replace(RUNNING, state=RecordingState.FINISHED, paths=(PATH,))
    banner = _at(presenter, session, done)
    assert banner is not None
    assert banner.title.replace("\N{NO-BREAK SPACE}", " ") == "Saved walk.mcap (1 min 3 s, 412 MB)"
    assert (banner.action, banner.others) == (Action.SHOW_FOLDER, (Action.OPEN,))
    presenter.act(Action.SHOW_FOLDER)
    assert presenter.news(0) == banner
    assert presenter.news(int((SAVED_S + 1) * SECOND)) is None
    assert presenter.latest == PATH
    assert not presenter.unfinished


def test_a_recording_that_ended_by_itself_says_why_until_it_was_read(
    presenter: RecordingPresenter, session: FakeSession
) -> None:
    sentence = "The recording ended because the disk is full; what was recorded by then is whole."
    failed = replace(
        RUNNING, state=RecordingState.FAILED, paths=(PATH,), sentence=sentence, disk_drops=3
    )
    banner = _at(presenter, session, failed)
    assert banner is not None
    assert banner.tone is Tone.WARNING
    assert banner.advice.startswith(sentence)
    assert "3 frames lost by the disk" in banner.advice
    assert presenter.news(10_000 * SECOND) == banner
    presenter.act(Action.DISMISS)
    assert presenter.news(0) is None


def test_nothing_recorded_is_said_too(presenter: RecordingPresenter, session: FakeSession) -> None:
    empty = RecordingStatus(RecordingState.FINISHED, PATH)
    banner = _at(presenter, session, empty)
    assert banner is not None
    assert banner.title == "Nothing was recorded"
    assert presenter.latest is None


def test_a_refusal_is_one_sentence_and_nothing_runs(session: FakeSession) -> None:
    session.refusal = "Cannot record to 'x': the disk is full; free some space."
    presenter = RecordingPresenter(lambda _uri: PATH)
    presenter.start(session, "sim:")
    banner = presenter.news(0)
    assert banner is not None
    assert (banner.tone, banner.advice) == (Tone.ERROR, session.refusal)
    assert not presenter.unfinished
    assert presenter.figures() is None


def test_a_closing_window_says_what_it_waits_for(
    presenter: RecordingPresenter, session: FakeSession
) -> None:
    _at(presenter, session, RUNNING)
    presenter.close()
    assert session.recording_end_asked
    banner = _at(presenter, session, replace(RUNNING, state=RecordingState.FINISHING))
    assert banner is not None
    assert banner.title == "Finishing the recording…"
    figures = presenter.figures()
    assert figures is not None
    assert figures.title == "Finishing the file…"


def test_several_files_are_one_recording(
    presenter: RecordingPresenter, session: FakeSession
) -> None:
    paths = (PATH, Path("sessions/walk_001.mcap"), Path("sessions/walk_002.mcap"))
    banner = _at(presenter, session, replace(RUNNING, state=RecordingState.FINISHED, paths=paths))
    assert banner is not None
    assert banner.title.startswith("Saved walk.mcap and 2 more files")
