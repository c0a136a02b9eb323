"""A damaged session repaired from its banner: what is said meanwhile and after, and a real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcap.opcode import Opcode

from app.banner import Action, Tone
from app.recording.recovery import Recovered
from app.recording.repairing import RepairPresenter, repair_session
from engine.recording.reader import SessionReader
from tests.app.works import FakeWork
from tests.fakes.session_files import (
    FRAMES,
    FRAMES_IN_CHUNK,
    flipped,
    pieces,
    write_session,
)

WALK = Path("sessions/walk.mcap")
MADE = Recovered(Path("sessions/walk.repaired.mcap"), "0.3 s, 6 frames", "Lost: 3 frames.")


class _Desk:
    def __init__(self) -> None:
        self.work: FakeWork[Recovered] = FakeWork(over=False)
        self.asked: list[Path] = []
        self.presenter = RepairPresenter(self._repair)

    def _repair(self, path: Path) -> FakeWork[Recovered]:
        self.asked.append(path)
        return self.work

    def end(self, result: Recovered | None = None, failure: str = "") -> None:
        self.work.over, self.work.result, self.work.failure = True, result, failure
        self.presenter.poll()


@pytest.fixture
def desk() -> _Desk:
    desk = _Desk()
    desk.presenter.begin(WALK)
    desk.presenter.poll()
    return desk


def test_nothing_is_said_before_anybody_asks() -> None:
    assert _Desk().presenter.banner() is None


def test_it_shows_how_far_it_is(desk: _Desk) -> None:
    desk.work.share = 0.4
    banner = desk.presenter.banner()
    assert banner is not None
    assert (banner.tone, banner.title) == (Tone.BUSY, "Repairing walk.mcap")
    assert (banner.share, banner.action) == (0.4, Action.CANCEL)


def test_one_repair_at_a_time(desk: _Desk) -> None:
    desk.presenter.begin(WALK)
    assert desk.asked == [WALK]


def test_what_was_made_can_be_opened_until_it_is_dismissed(desk: _Desk) -> None:
    desk.end(MADE)
    desk.presenter.act(Action.SHOW_FOLDER)
    banner = desk.presenter.banner()
    assert banner is not None
    assert banner.title.startswith("Repaired walk.repaired.mcap")
    assert banner.advice == "Lost: 3 frames. The damaged file is as it was."
    assert Action.OPEN in banner.others
    assert desk.presenter.latest == MADE.target
    desk.presenter.act(Action.DISMISS)
    assert desk.presenter.banner() is None


def test_what_cannot_be_repaired_says_why(desk: _Desk) -> None:
    desk.end(failure="walk.mcap: not a single frame is whole.")
    banner = desk.presenter.banner()
    assert banner is not None
    assert (banner.tone, banner.advice) == (Tone.ERROR, desk.work.failure)
    assert desk.presenter.latest is None


def test_a_cancelled_repair_says_nothing(desk: _Desk) -> None:
    desk.presenter.act(Action.CANCEL)
    assert desk.work.cancelled
    desk.end()
    assert desk.presenter.banner() is None


def test_closing_ends_what_is_under_way(desk: _Desk) -> None:
    desk.presenter.close()
    assert desk.work.closed


def test_a_damaged_file_is_repaired_beside_itself_and_never_over_another(tmp_path: Path) -> None:
    path = write_session(tmp_path / "walk.mcap")
    data = path.read_bytes()
    chunk = [piece for piece in pieces(data) if piece.opcode == Opcode.CHUNK][-1]
    damaged = flipped(data, chunk.end - 100)
    path.write_bytes(damaged)
    made = [repair_session(lambda _share: None, path) for _ in range(2)]
    names = [recovered.target.name for recovered in made]
    assert names == ["walk.repaired.mcap", "walk.repaired-2.mcap"]
    for recovered in made:
        with SessionReader(recovered.target) as reader:
            assert reader.frame_count == FRAMES - FRAMES_IN_CHUNK
        assert recovered.lost == f"Lost: {FRAMES_IN_CHUNK} frames."
    assert path.read_bytes() == damaged
