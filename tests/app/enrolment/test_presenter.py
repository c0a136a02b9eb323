from __future__ import annotations

import pytest

from app.enrolment.figures import ChipState, Page, Result
from app.enrolment.presenter import EnrolmentPresenter, Guiding, Outcome
from engine.capture.camera import CameraInfo
from engine.capture.sources import open_camera
from engine.messages import Scene, Side
from tests.app.fakes import FakeGuide, FakeMeasuring
from tests.app.profiles.people import make_profile
from tests.app.scenes import make_frame, make_hand, make_scene

S = 1_000_000_000


class Desk:
    """A presenter with a note of every guide and measuring it began."""

    def __init__(self) -> None:
        self.guides: list[FakeGuide] = []
        self.measurings: list[FakeMeasuring] = []
        self.presenter = EnrolmentPresenter(self._guide, self._measure)

    def _guide(self, sides: tuple[Side, ...]) -> FakeGuide:
        self.guides.append(FakeGuide(sides))
        return self.guides[-1]

    def _measure(self, name: str, guide: Guiding, camera: CameraInfo | None) -> FakeMeasuring:
        self.measurings.append(FakeMeasuring(name, guide, camera))
        return self.measurings[-1]

    def begin(self) -> FakeGuide:
        self.presenter.open()
        self.presenter.begin("Ada", (Side.RIGHT,), 0)
        return self.guides[-1]

    def see(self, scene: Scene, now_ns: int = 0) -> None:
        self.presenter.add_scene(scene, make_frame(scene.hands), (), now_ns)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_pages_follow_what_there_is(desk: Desk) -> None:
    presenter = desk.presenter
    assert presenter.page is Page.CLOSED
    presenter.open()
    assert presenter.page is Page.SETUP
    guide = desk.begin()
    assert presenter.page is Page.GUIDE
    for _ in range(guide.poses):
        guide.capture()
    desk.see(make_scene((make_hand(),)))
    assert presenter.page is Page.WORKING
    assert desk.measurings[0].name == "Ada"
    desk.measurings[0].result = Outcome(Result("Ada", (), ()), make_profile("Ada"))
    assert presenter.page is Page.RESULT
    presenter.close()
    assert presenter.page is Page.CLOSED


def test_frames_go_to_the_guide_until_it_has_enough(desk: Desk) -> None:
    guide = desk.begin()
    desk.see(make_scene((make_hand(),)))
    desk.presenter.add_scene(make_scene((make_hand(),)), None, (), 0)
    assert guide.taken == 1
    desk.presenter.finish()
    desk.see(make_scene((make_hand(),)))
    assert guide.taken == 1


def test_skipping_the_last_pose_begins_to_measure(desk: Desk) -> None:
    guide = desk.begin()
    for _ in range(guide.poses):
        assert desk.presenter.page is Page.GUIDE
        desk.presenter.skip()
    assert desk.presenter.page is Page.WORKING


def test_the_guide_counts_ticks_and_names_the_pose(desk: Desk) -> None:
    guide = desk.begin()
    guide.capture()
    guide.skip()
    shown = desk.presenter.guide(0)
    assert shown is not None
    figures, may_finish = shown
    states = [chip.state for chip in figures.chips]
    assert states == [ChipState.DONE, ChipState.SKIPPED, ChipState.NOW]
    assert figures.captured == 1
    assert figures.heading == "Right hand: 1 of 3 poses"
    assert may_finish


def test_hints_wait_a_moment_and_name_the_wrong_hand(desk: Desk) -> None:
    desk.begin()

    def hint(now_s: float) -> str:
        shown = desk.presenter.guide(int(now_s * S))
        assert shown is not None
        return shown[0].hint

    assert hint(0.2) == ""
    assert "right hand" in hint(2.0)
    desk.see(make_scene((make_hand(Side.LEFT),)), 3 * S)
    assert "left" in hint(3.0)
    desk.see(make_scene((make_hand(),)), 4 * S)
    assert hint(4.1) == ""


def test_leaving_cancels_the_work(desk: Desk) -> None:
    desk.begin()
    desk.presenter.finish()
    desk.presenter.close()
    assert desk.measurings[0].cancelled


@pytest.mark.parametrize("page", [Page.GUIDE, Page.WORKING, Page.RESULT])
def test_who_is_being_measured_is_not_given_up_for_a_new_user(desk: Desk, page: Page) -> None:
    desk.begin()
    if page is not Page.GUIDE:
        desk.presenter.finish()
    if page is Page.RESULT:
        desk.measurings[0].result = Outcome(Result("Ada", (), ()), make_profile("Ada"))
    desk.presenter.open()
    assert desk.presenter.page is page
    assert not any(measuring.cancelled for measuring in desk.measurings)


def test_what_saw_the_guided_minute_is_handed_on(desk: Desk) -> None:
    with open_camera("sim:") as camera:
        info = camera.info
    desk.begin()
    desk.presenter.note_camera(info)
    desk.presenter.note_camera(None)
    desk.presenter.finish()
    assert desk.measurings[0].camera is info


def test_a_failure_is_told_and_a_new_start_is_possible(desk: Desk) -> None:
    desk.begin()
    desk.presenter.finish()
    desk.measurings[0].failure = "Too few frames."
    assert desk.presenter.page is Page.FAILED
    assert desk.presenter.failure() == "Too few frames."
    desk.presenter.open()
    assert desk.presenter.page is Page.SETUP


def test_outside_the_guide_nothing_is_asked(desk: Desk) -> None:
    assert desk.presenter.guide(0) is None
    assert desk.presenter.asked() is None
    desk.presenter.skip()
    desk.presenter.finish()
    assert desk.presenter.page is Page.CLOSED
