"""`enrol`: whatever ends it, the hands that were measured by then are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import main
from engine.adaptation.enrolment import Enrolment
from engine.adaptation.enrolment_result import EnrolmentResult, enrolment_result
from engine.adaptation.profile_store import ProfileStore
from engine.capture.camera import Camera
from engine.capture.sources import open_camera
from engine.errors import CameraDisconnected
from engine.hand.model import HandModel
from engine.inference.sighting import Sighting
from engine.messages import Frame, Side
from tests.app.profiles.people import make_profile
from tests.fakes.enrolments import measured_hand
from tests.fakes.truth_estimator import TruthEstimator

SOURCE = "sim:width=160,height=120,frames=6"
Ends = Callable[[HandModel, Enrolment], EnrolmentResult]


class _Seeing(TruthEstimator):
    """Has nothing to learn from."""

    sightings: tuple[Sighting, ...] = ()


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ProfileStore:
    monkeypatch.setenv("HANDTUNE_PROFILES", str(tmp_path / "profiles"))
    monkeypatch.setattr("app.commands.enrol.create_estimator", _Seeing)
    return ProfileStore()


def _measuring(monkeypatch: pytest.MonkeyPatch, left: Ends) -> None:
    """The right hand goes well."""

    def measure(model: HandModel, enrolment: Enrolment) -> EnrolmentResult:
        if enrolment.progress.side is Side.RIGHT:
            return measured_hand(Side.RIGHT)
        return left(model, enrolment)

    monkeypatch.setattr("app.commands.enrol.enrolment_result", measure)


def _interrupted(_model: HandModel, _enrolment: Enrolment) -> EnrolmentResult:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (enrolment_result, "Only 0 frames of the left hand could be learnt from"),
        (_interrupted, "The left hand was not measured."),
    ],
    ids=["hardly seen", "interrupted"],
)
def test_the_right_hand_is_kept_whatever_becomes_of_the_left(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    left: Ends, said: str,
) -> None:  # fmt: skip
    _measuring(monkeypatch, left)
    assert main(["enrol", SOURCE, "--profile", "Ada", "--side", "both"]) == 2
    printed = capsys.readouterr()
    assert "4.0 mm with an average hand, 2.0 mm with this one" in printed.out
    assert f"handtune: {said}" in printed.err
    kept = store.load("Ada")
    assert set(kept.shapes) == {Side.RIGHT}
    assert kept.provenance.source.startswith("sim:")
    assert [gain.what for gain in kept.provenance.gains] == ["mesh to depth, right hand"]


def test_where_no_hand_was_seen_nothing_is_written_and_each_is_named(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enrol", SOURCE, "--profile", "Ada", "--side", "both"]) == 2
    said = capsys.readouterr().err
    assert "of the right hand" in said
    assert "of the left hand" in said
    assert store.names() == ()


class _Unplugged:
    """A camera that goes away after some frames."""

    def __init__(self, camera: Camera, frames: int) -> None:
        self._camera, self._left = camera, frames
        self.info = camera.info

    def read(self, timeout_s: float = 1.0) -> Frame:
        if not self._left:
            raise CameraDisconnected("A camera is gone; plug it in again.")
        self._left -= 1
        return self._camera.read(timeout_s)

    def close(self) -> None:
        self._camera.close()

    def __enter__(self) -> _Unplugged:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.mark.parametrize(("enough", "hands"), [(True, {Side.RIGHT}), (False, set())])
def test_a_camera_that_goes_away_leaves_what_was_seen_by_then(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    enough: bool, hands: set[Side],
) -> None:  # fmt: skip
    _measuring(monkeypatch, enrolment_result)
    monkeypatch.setattr(
        "app.commands.enrol.open_camera", lambda uri: _Unplugged(open_camera(uri), 3)
    )
    # Nothing is to be learnt from frames of this estimator, so the limit moves instead.
    monkeypatch.setattr("app.commands.enrol.LEAST_FRAMES", 0 if enough else 8)
    assert main(["enrol", SOURCE, "--profile", "Ada", "--side", "right"]) == (0 if enough else 2)
    assert "handtune: A camera is gone" in capsys.readouterr().err
    assert {side for name in store.names() for side in store.load(name).shapes} == hands


def test_a_hand_enrolled_later_leaves_the_other_one_of_the_former_file(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = replace(make_profile("Ada"), shapes={Side.LEFT: measured_hand(Side.LEFT).known})
    for _ in range(2):
        store.save(left)
    store.path("Ada").write_bytes(b"rubbish")
    _measuring(monkeypatch, enrolment_result)
    assert main(["enrol", SOURCE, "--profile", "Ada", "--side", "right"]) == 0
    assert set(store.load("Ada").shapes) == set(Side)
    assert "former one" in capsys.readouterr().err
