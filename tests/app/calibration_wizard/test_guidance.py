"""What the person is told to do."""

from __future__ import annotations

import numpy as np
import pytest

from app.calibration_wizard.capture_gate import Refusal
from app.calibration_wizard.guidance import hint, way_to
from calibration.coverage import Placement
from calibration.next_pose import SuggestedPose, Tilted
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from tests.app.calibration_wizard.seen_pairs import POSE, seen, seen_pair


def wanted(
    x: float = 0.5, y: float = 0.5, size: float = 0.35, tilt: tuple[float, float] = (0.0, 0.0)
) -> Tilted:
    return Tilted(Placement(x, y, size, 0.0), tilt)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (wanted(size=0.55), "Come closer"),
        (wanted(size=0.2), "Go further away"),
        (wanted(x=0.1), "To the left edge of the picture"),
        (wanted(x=0.9), "To the right edge of the picture"),
        (wanted(y=0.05), "To the top of the picture"),
        (wanted(tilt=(0.0, 0.6)), "Tilt it: the left side away from the cameras"),
        (wanted(tilt=(0.6, 0.0)), "Tilt it: the bottom away from the cameras"),
        (wanted(), "Hold still"),
    ],
)
def test_the_largest_difference_is_spoken_of(where: Tilted, words: str) -> None:
    assert way_to(POSE, where) == words


def test_a_tilted_board_is_to_be_held_upright_again() -> None:
    now = Tilted(POSE.place, (0.0, 0.6))
    assert way_to(now, wanted()) == "Hold it upright, facing the cameras"


def test_the_left_side_away_is_what_a_turn_about_y_does() -> None:
    R = rotation_from_axis_angle(np.array([0.0, 0.6, 0.0]))
    left_edge = RigidTransform(R, np.array([0.0, 0.0, 0.5])).apply(np.array([-0.1, 0.0, 0.0]))
    assert left_edge[2] > 0.5


def test_every_refusal_has_words() -> None:
    suggestion = SuggestedPose(np.zeros((4, 2)), wanted(size=0.6), "")
    said = {r: hint(seen_pair(seen(), seen()), r, suggestion) for r in [*Refusal, None]}
    assert all(said.values())
    assert said[None] == "Got it"
    assert said[Refusal.SIMILAR] == "Come closer"
    assert "right" in said[Refusal.LEFT_ONLY]
    assert "left" in said[Refusal.RIGHT_ONLY]
