"""A session that a crash left: the question, the answers, and a real one recovered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.banner import Action, Tone
from app.recording.recovery import Recovered, RecoveryPresenter, find_sessions, recover_session
from app.recording.room import move_to_trash
from engine.recording.layout import SessionError
from engine.recording.place import part_of
from engine.recording.reader import SessionReader
from engine.recording.recovery import Unfinished
from tests.app.works import FakeWork
from tests.fakes.session_files import FRAMES, write_session

LOST = Unfinished(Path("sessions/walk.mcap.part"), 43_440, 724.0, 0.0)
OLDER = Unfinished(Path("sessions/older.mcap.part"), 30, 1.0, 0.0)


class _Desk:
    def __init__(self, found: Sequence[Unfinished]) -> None:
        self.search: FakeWork[Sequence[Unfinished]] = FakeWork(result=found)
        self.recovery: FakeWork[Recovered] = FakeWork()
        self.asked: list[Unfinished] = []
        self.thrown: list[Unfinished] = []
        self.trash = True
        self.presenter = RecoveryPresenter(lambda: self.search, self._recover, self._throw)
        self.presenter.look()
        self.presenter.poll()

    def _recover(self, unfinished: Unfinished) -> FakeWork[Recovered]:
        self.asked.append(unfinished)
        return self.recovery

    def _throw(self, unfinished: Unfinished) -> None:
        if not self.trash:
            raise SessionError("There is no trash here.")
        self.thrown.append(unfinished)


@pytest.fixture
def desk() -> _Desk:
    return _Desk([LOST, OLDER])


def test_without_a_crash_nothing_is_asked() -> None:
    assert _Desk([]).presenter.banner() is None


def test_nothing_is_asked_while_it_is_looked_for() -> None:
    desk = _Desk([LOST])
    desk.search.over = False
    desk.presenter.look()
    assert desk.presenter.searching


def test_it_asks_with_length_and_frames(desk: _Desk) -> None:
    banner = desk.presenter.banner()
    assert banner is not None
    assert banner.title == "Recover the last session (12 min 4 s, 43,440 frames)?"
    assert (banner.action, *banner.others) == (Action.RECOVER, Action.LATER, Action.DISCARD)


def test_later_asks_no_more(desk: _Desk) -> None:
    desk.presenter.act(Action.LATER)
    assert desk.presenter.banner() is None
    assert not desk.thrown


def test_recovering_shows_how_far_it_is_and_what_came_of_it(desk: _Desk) -> None:
    desk.recovery.over, desk.recovery.share = False, 0.4
    desk.presenter.act(Action.RECOVER)
    assert desk.asked == [LOST]
    desk.presenter.poll()
    banner = desk.presenter.banner()
    assert banner is not None
    assert (banner.tone, banner.share, banner.action) == (Tone.BUSY, 0.4, Action.CANCEL)
    desk.recovery.over = True
    desk.recovery.result = Recovered(LOST.target, "12 min 4 s, 43,428 frames", "Lost: 12 frames.")
    desk.presenter.poll()
    banner = desk.presenter.banner()
    assert banner is not None
    assert banner.title.startswith("Recovered walk.mcap (12")
    assert banner.advice == "Lost: 12 frames. The unfinished file is in the trash."
    assert Action.OPEN in banner.others
    assert desk.presenter.latest == LOST.target
    assert desk.thrown == [LOST]
    desk.presenter.act(Action.DISMISS)
    banner = desk.presenter.banner()
    assert banner is not None
    assert "30 frames" in banner.title


def test_a_cancelled_recovery_is_asked_for_again(desk: _Desk) -> None:
    desk.recovery.over = False
    desk.presenter.act(Action.RECOVER)
    desk.presenter.act(Action.CANCEL)
    assert desk.recovery.cancelled
    desk.recovery.over = True
    desk.presenter.poll()
    banner = desk.presenter.banner()
    assert banner is not None
    assert banner.action is Action.RECOVER


def test_what_cannot_be_recovered_says_why_and_is_kept(desk: _Desk) -> None:
    desk.recovery.failure = "walk.mcap.part: not a single frame is whole."
    desk.presenter.act(Action.RECOVER)
    desk.presenter.poll()
    banner = desk.presenter.banner()
    assert banner is not None
    assert (banner.tone, banner.advice) == (Tone.ERROR, desk.recovery.failure)
    assert not desk.thrown


def test_throwing_away_is_asked_twice(desk: _Desk) -> None:
    desk.presenter.act(Action.DISCARD)
    assert not desk.thrown
    banner = desk.presenter.banner()
    assert banner is not None
    assert banner.title == "Throw this session away (12 min 4 s, 43,440 frames)?"
    assert banner.action is Action.KEEP
    desk.presenter.act(Action.TO_TRASH)
    assert desk.thrown == [LOST]


def test_without_a_trash_nothing_goes(desk: _Desk) -> None:
    desk.trash = False
    desk.presenter.act(Action.DISCARD)
    desk.presenter.act(Action.TO_TRASH)
    banner = desk.presenter.banner()
    assert banner is not None
    assert (banner.title, banner.advice) == ("It is still there", "There is no trash here.")


def test_closing_ends_what_is_under_way(desk: _Desk) -> None:
    desk.recovery.over = False
    desk.presenter.act(Action.RECOVER)
    desk.presenter.close()
    assert desk.recovery.closed


def test_a_torn_file_is_found_and_recovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDTUNE_SESSIONS", str(tmp_path))
    whole = write_session(tmp_path / "walk.mcap")
    part = part_of(whole)
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    whole.unlink()
    (found,) = find_sessions(lambda _share: None)
    assert found.path == part
    shares: list[float] = []
    recovered = recover_session(shares.append, found)
    with SessionReader(recovered.target) as reader:
        assert 0 < reader.frame_count < FRAMES
        assert recovered.amount.endswith(f"{reader.frame_count} frames")
    assert recovered.lost.startswith("Lost: ")
    assert shares == sorted(shares)
    assert part.exists()


def test_a_trash_that_fails_keeps_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = tmp_path / "walk.mcap.part"
    part.write_bytes(b"frames")
    monkeypatch.setattr("app.recording.room.QFile.moveToTrash", lambda _path: False)
    with pytest.raises(SessionError, match="could not be moved to the trash"):
        move_to_trash(Unfinished(part, 1, 1.0, 0.0))
    assert part.exists()
