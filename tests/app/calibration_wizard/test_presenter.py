"""The wizard without a window: pages, threads that end, cameras that are let go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from app.calibration_wizard.board_form import BoardForm
from app.calibration_wizard.capture_gate import Refusal
from app.calibration_wizard.captured import LEAST_VIEWS
from app.calibration_wizard.pages import Page
from app.calibration_wizard.presenter import WizardPresenter
from calibration.stored_rig import StoredRig
from tests.app.calibration_wizard.cameras import Shown, poses, rig
from tests.app.calibration_wizard.solved import FakeSolver, solved

LIMIT_S = 30.0


class Table:
    """A presenter, what is before its cameras, and who solves."""

    def __init__(self) -> None:
        self.shown, self.solver = Shown(), FakeSolver()
        self.presenter = WizardPresenter(self.shown.open_pairs, self.solver)

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            self.presenter.poll()
            time.sleep(0.002)

    def reach_capture(self, uri: str = "test:") -> None:
        self.presenter.use_form(BoardForm())
        self.presenter.choose_cameras(uri)
        self.until(lambda: self.presenter.info is not None)
        self.presenter.go_to(Page.CAPTURE)

    def capture(self, count: int) -> None:
        """Show poses until so many views are kept."""
        for index in range(len(poses())):
            if len(self.presenter.book.views) >= count:
                return
            self.shown.show(index)
            left = self.shown.pair[0]
            before = len(self.presenter.book.views)
            self.until(
                lambda left=left, before=before: (
                    len(self.presenter.book.views) > before
                    or (self.looked_at(left) and self.reason in FINAL)
                )
            )
        raise AssertionError("too few poses")

    def looked_at(self, left: object) -> bool:
        watch = self.presenter.watch
        return bool(watch and watch.look and watch.look.seen_pair.pair.left is left)

    @property
    def reason(self) -> Refusal | None:
        watch = self.presenter.watch
        assert watch is not None
        assert watch.look is not None
        return watch.look.reason

    def solve(self) -> None:
        self.presenter.solve()
        self.solver.works[-1].end(solved())
        self.until(lambda: self.presenter.page is Page.REPORT)


FINAL = (Refusal.SIMILAR, Refusal.PARTLY_OUT, Refusal.LEFT_ONLY, Refusal.RIGHT_ONLY, Refusal.BLUR)


@pytest.fixture
def table() -> Iterator[Table]:
    made = Table()
    yield made
    assert made.presenter.close(timeout_s=5.0)
    assert made.shown.open == 0


def test_a_board_leads_to_the_cameras(table: Table) -> None:
    table.presenter.use_form(BoardForm(measured_mm=29.7))
    assert table.presenter.page is Page.CAMERAS
    assert table.presenter.board is not None
    assert table.presenter.board.square_m == pytest.approx(0.0297)


def test_cameras_that_cannot_be_opened_say_why_and_can_be_tried_again(table: Table) -> None:
    table.shown.failure = "Camera 1 is used by another program; close it."
    table.presenter.use_form(BoardForm())
    table.presenter.choose_cameras("test:")
    table.until(lambda: table.presenter.feed_status.failure)
    assert table.presenter.feed_status.failure == table.shown.failure
    table.shown.failure = ""
    table.presenter.choose_cameras("test:")
    table.until(lambda: table.presenter.info is not None)


def test_other_cameras_are_opened_when_the_first_were_let_go(table: Table) -> None:
    table.reach_capture()
    for uri in ("test:1", "test:2", "test:3"):
        table.presenter.choose_cameras(uri)
    table.until(lambda: table.presenter.info is not None)
    assert table.presenter.info is not None
    assert table.presenter.info.uri == "test:3"
    assert table.shown.open == 1


def test_views_are_kept_by_themselves_and_taken_back(table: Table) -> None:
    table.reach_capture()
    table.capture(3)
    names = [kept.view.name for kept in table.presenter.book.views]
    assert len(set(names)) == len(names) >= 3
    assert table.presenter.watch is not None
    table.presenter.watch.set_working(looking=False, automatic=False)
    table.presenter.automatic = False
    kept = len(table.presenter.book.views)
    table.presenter.watch.undo()
    assert len(table.presenter.book.views) == kept - 1


def test_nothing_is_kept_on_the_cameras_page(table: Table) -> None:
    table.presenter.use_form(BoardForm())
    table.presenter.choose_cameras("test:")
    table.shown.show(0)
    table.until(lambda: table.presenter.watch and table.presenter.watch.look)
    table.until(lambda: table.reason is None)
    assert not table.presenter.book.views


def test_the_button_overrules_what_is_similar_but_not_what_is_unseen(table: Table) -> None:
    table.presenter.automatic = False
    table.reach_capture()
    watch = table.presenter.watch
    assert watch is not None
    table.shown.show(0)
    table.until(lambda: watch.look and watch.look.seen_pair.shared)
    for count in (1, 2):
        watch.capture()
        table.until(lambda count=count: len(table.presenter.book.views) == count)
    table.shown.show_to_left_only(0)
    table.until(lambda: table.reason is Refusal.LEFT_ONLY)
    watch.capture()
    table.until(lambda: watch.refused_by_hand)
    assert watch.refused_by_hand == Refusal.LEFT_ONLY.value
    assert len(table.presenter.book.views) == 2


def test_swapped_and_mirrored_pictures_are_noticed(table: Table) -> None:
    table.reach_capture()
    watch = table.presenter.watch
    assert watch is not None
    table.shown.show_swapped(0)
    table.until(lambda: watch.look and watch.look.seen_pair.right_is_left)
    assert table.reason is Refusal.SWAPPED
    table.shown.show_mirrored(0)
    table.until(lambda: watch.look and watch.look.seen_pair.mirrored == "left")
    assert not table.presenter.book.views


def test_each_picture_of_a_recording_is_looked_at_once(table: Table) -> None:
    table.shown.live, table.shown.films = False, range(10)
    table.reach_capture("images:left,right")
    table.until(lambda: table.presenter.feed_status.ended)
    watch = table.presenter.watch
    assert watch is not None
    table.until(lambda: watch.look and watch.look.seen_pair.pair.sequence == 10)
    assert len(table.presenter.book.views) >= 8


def test_another_board_forgets_the_views_of_the_former(table: Table) -> None:
    table.reach_capture()
    table.capture(1)
    table.presenter.go_to(Page.BOARD)
    table.presenter.use_form(BoardForm())
    assert len(table.presenter.book.views) >= 1
    table.presenter.use_form(BoardForm(columns=7))
    assert not table.presenter.book.views


def test_a_view_is_dropped_and_put_back(table: Table) -> None:
    table.reach_capture()
    table.capture(LEAST_VIEWS + 1)
    assert table.presenter.can_solve
    table.presenter.known_baseline_m = 0.08
    table.solve()
    names = table.solver.asked[0][0]
    assert table.solver.asked[0][2] == 0.08
    table.presenter.drop_view(names[2])
    assert table.presenter.page is Page.SOLVE
    assert table.solver.asked[1][0] == (*names[:2], *names[3:])
    table.solver.works[-1].end(solved())
    table.until(lambda: table.presenter.page is Page.REPORT)
    table.presenter.restore_dropped()
    assert sorted(table.solver.asked[2][0]) == sorted(names)
    assert not table.presenter.dropped


def test_the_last_views_cannot_be_dropped(table: Table) -> None:
    table.reach_capture()
    table.capture(LEAST_VIEWS)
    table.solve()
    while len(table.presenter.book.views) > LEAST_VIEWS:
        table.presenter.drop_view(table.presenter.book.views[0].view.name)
    asked = len(table.solver.asked)
    table.presenter.drop_view(table.presenter.book.views[0].view.name)
    assert len(table.solver.asked) == asked


def test_a_failed_solution_says_why_and_keeps_the_views(table: Table) -> None:
    table.reach_capture()
    table.capture(LEAST_VIEWS)
    table.presenter.solve()
    table.solver.works[-1].end(None, "Mirrored picture: …")
    table.presenter.poll()
    assert table.presenter.page is Page.SOLVE
    assert table.presenter.solving is not None
    assert table.presenter.solving.failure
    table.presenter.go_to(Page.CAPTURE)
    assert len(table.presenter.book.views) >= LEAST_VIEWS


def test_an_imported_rig_is_there_to_look_through_and_to_save(table: Table) -> None:
    table.presenter.use_import(StoredRig(rig()))
    assert table.presenter.page is Page.SAVE
    assert table.presenter.stored is not None
    assert not table.presenter.something_to_lose


@pytest.mark.parametrize("page", Page)
def test_leaving_at_any_step_ends_everything(table: Table, page: Page) -> None:
    presenter = table.presenter
    if page >= Page.CAMERAS:
        presenter.use_form(BoardForm())
        presenter.choose_cameras("test:")
        table.until(lambda: presenter.watch is not None)
    if page >= Page.CAPTURE:
        table.until(lambda: presenter.info is not None)
        presenter.go_to(Page.CAPTURE)
        table.capture(LEAST_VIEWS if page > Page.CAPTURE else 1)
    if page is Page.SOLVE:
        presenter.solve()
    if page > Page.SOLVE:
        table.solve()
    if page >= Page.PREVIEW:
        presenter.go_to(Page.PREVIEW)
        table.until(lambda: presenter.preview and presenter.preview.look)
        presenter.go_to(page)
    assert presenter.page is page
    presenter.leave()
    table.until(lambda: not presenter.running)
    assert table.shown.open == 0
    assert all(work.cancelled or work.over for work in table.solver.works)
    assert presenter.page is Page.BOARD
    assert not presenter.book.views
    assert presenter.stored is None
