"""Exports from the window: what is asked of the command, and what the banner says."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.banner import Action, Tone
from app.exporting.presenter import (
    DONE_S,
    FIRST_SHARE,
    ExportPresenter,
    ExportWish,
    axes_words,
    export_session,
    usual_target,
)
from engine.errors import UserError
from engine.export.axes import ExportFormat
from tests.app.works import FakeWork
from tests.fakes.session_files import FRAMES, write_session

SESSION = Path("/data/walk.mcap")
WISH = ExportWish(SESSION, ExportFormat.GLB, Path("/data/walk.glb"))
SAID = "Wrote /data/walk.glb: 90 frames, 3.0 s; right in 88; gltf axes: y up.\n  right: bones ...\n"


@pytest.fixture
def work() -> FakeWork[str]:
    return FakeWork(over=False)


@pytest.fixture
def presenter(work: FakeWork[str]) -> ExportPresenter:
    made = ExportPresenter(lambda _wish: work)
    made.begin(WISH)
    return made


def test_a_wish_is_what_one_would_type() -> None:
    wish = ExportWish(SESSION, ExportFormat.BVH, Path("/out/a.bvh"), "unreal", "left")
    assert wish.arguments == (
        *("/data/walk.mcap", "--to", "bvh", "--out", "/out/a.bvh", "--force"),
        *("--axes", "unreal", "--hand", "left"),
    )


def test_a_video_is_asked_for_without_axes() -> None:
    wish = ExportWish(SESSION, ExportFormat.MP4, Path("/out/a.mp4"), "unreal")
    assert "--axes" not in wish.arguments
    assert axes_words(ExportFormat.MP4, "unreal") == "A video has no axes."


def test_the_usual_place_is_beside_the_session() -> None:
    assert usual_target(SESSION, ExportFormat.CSV) == Path("/data/walk.csv")


def test_how_far_it_is_and_what_was_written(
    presenter: ExportPresenter, work: FakeWork[str]
) -> None:
    work.share = 0.3
    presenter.poll(0)
    banner = presenter.banner(0)
    assert banner is not None
    assert (banner.title, banner.share, banner.action) == (
        "Exporting walk.glb",
        0.3,
        Action.CANCEL,
    )
    work.over, work.result = True, SAID
    presenter.poll(0)
    banner = presenter.banner(0)
    assert banner is not None
    assert banner.title == "Exported walk.glb"
    assert banner.advice == "90 frames, 3.0 s; right in 88; gltf axes: y up."
    assert presenter.latest == WISH.target
    assert presenter.banner(int((DONE_S + 1) * 1e9)) is None


def test_several_files_are_all_named(presenter: ExportPresenter, work: FakeWork[str]) -> None:
    presenter.close()
    presenter.begin(ExportWish(SESSION, ExportFormat.BVH, Path("/data/walk.bvh")))
    work.over = True
    work.result = "Wrote /data/walk-left.bvh, /data/walk-right.bvh: 9 frames.\n"
    presenter.poll(0)
    banner = presenter.banner(0)
    assert banner is not None
    assert banner.title == "Exported walk-left.bvh, walk-right.bvh"


def test_a_failure_stays_until_it_was_read(presenter: ExportPresenter, work: FakeWork[str]) -> None:
    work.over, work.failure = True, "Nothing to export from 'walk.mcap'. Nothing was written."
    presenter.poll(0)
    banner = presenter.banner(10**15)
    assert banner is not None
    assert (banner.tone, banner.advice) == (Tone.ERROR, work.failure)
    presenter.act(Action.DISMISS)
    assert presenter.banner(0) is None


def test_a_cancelled_export_says_nothing(presenter: ExportPresenter, work: FakeWork[str]) -> None:
    presenter.act(Action.CANCEL)
    assert work.cancelled
    work.over = True
    presenter.poll(0)
    assert presenter.banner(0) is None
    assert not presenter.working


def test_one_export_at_a_time(presenter: ExportPresenter) -> None:
    presenter.begin(ExportWish(SESSION, ExportFormat.CSV, Path("/data/walk.csv")))
    banner = presenter.banner(0)
    assert banner is not None
    assert banner.title == "Exporting walk.glb"


def test_the_command_writes_and_tells_how_far_it_is(tmp_path: Path) -> None:
    session = write_session(tmp_path / "walk.mcap")
    wish = ExportWish(session, ExportFormat.CSV, tmp_path / "walk.csv")
    shares: list[float] = []
    said = export_session(shares.append, wish.arguments)
    assert said.startswith(f"Wrote {wish.target}: {FRAMES} frames")
    assert wish.target.stat().st_size > 0
    assert shares == sorted(shares)
    assert 0 < shares[0] + shares[-1] <= 1.0
    assert any(share > FIRST_SHARE for share in shares)


def test_the_command_s_sentence_comes_through(tmp_path: Path) -> None:
    foreign = tmp_path / "walk.mcap"
    foreign.write_bytes(b"no session at all")
    wish = ExportWish(foreign, ExportFormat.GLB, tmp_path / "walk.glb")
    with pytest.raises(UserError, match=r"walk\.mcap"):
        export_session(lambda _share: None, wish.arguments)
    assert not wish.target.exists()
