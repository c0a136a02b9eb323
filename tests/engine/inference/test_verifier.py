"""What the verifier sees, and what the finder makes of both networks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from engine.inference.hand_finder import HandFinder
from engine.inference.localiser import Localiser
from engine.inference.verifier import EMPTY, VIEW_M, VIEW_PX, Verifier, verifier_view
from engine.messages import Float32
from tests.engine.inference.test_localiser import _DrawnBackend

VGA = PinholeCamera(640, 512, 480.0, 480.0, 319.5, 255.5)
PLACE = np.array([0.05, -0.02, 0.5])


def _board(z: float, half_m: float = 0.08) -> Float32:
    """Depth of a square board around PLACE at distance `z`."""
    depth = np.zeros((512, 640), np.float32)
    low = VGA.project(np.array([PLACE[0] - half_m, PLACE[1] - half_m, 0.5]))
    high = VGA.project(np.array([PLACE[0] + half_m, PLACE[1] + half_m, 0.5]))
    depth[round(low[1]) : round(high[1]), round(low[0]) : round(high[0])] = z
    return depth


def test_the_view_shows_a_cube_of_space_to_scale() -> None:
    view = verifier_view(_board(0.53), VGA, PLACE)
    assert view.shape == (VIEW_PX, VIEW_PX)
    seen = view < EMPTY
    assert seen.sum() == pytest.approx((0.16 / VIEW_M * VIEW_PX) ** 2, rel=0.07)
    np.testing.assert_allclose(view[seen], 0.03 / (VIEW_M / 2), atol=1e-5)


@pytest.mark.parametrize("z", [0.5 - 0.17, 0.5 + 0.17])
def test_what_lies_outside_the_cube_is_empty(z: float) -> None:
    assert (verifier_view(_board(z), VGA, PLACE) == EMPTY).all()


def test_the_view_does_not_depend_on_the_camera() -> None:
    fine = verifier_view(_board(0.5), VGA, PLACE)
    half = verifier_view(np.ascontiguousarray(_board(0.5)[::2, ::2]), VGA.scaled(0.5), PLACE)
    assert np.mean((fine < EMPTY) != (half < EMPTY)) < 0.05


def test_beyond_the_border_of_the_image_is_nothing() -> None:
    place = np.array([-0.33, 0.0, 0.5])  # its pixel lies just left of the image's border
    view = verifier_view(np.full((512, 640), 0.5, np.float32), VGA, place)
    assert (view[:, :30] == EMPTY).all()
    assert (view[:, 34:] < EMPTY).all()


class _JudgeBackend:
    """Believes in places with something near their middle; says left."""

    name = "judge"

    def run(self, image: Float32) -> Mapping[str, Float32]:
        middle = image[:, 0, 28:36, 28:36].mean((1, 2))
        there = np.where(np.abs(middle) < 0.3, 4.0, -4.0)
        return {"logits": np.stack([there, np.full_like(there, -3.0)], -1).astype(np.float32)}


def test_the_finder_keeps_what_both_believe_in_with_the_second_opinion() -> None:
    drawn = _DrawnBackend((80.0, 62.0, 0.5, 0.8, 0.5), (120.0, 62.0, 0.5, 0.8, 0.9))
    finder = HandFinder(Localiser(drawn), Verifier(_JudgeBackend()))
    depth = np.zeros((512, 640), np.float32)
    depth[200:300, 280:380] = 0.5  # around the first of the two places
    (place,) = finder.find(depth, VGA)
    assert VGA.project(place.centre)[0] == pytest.approx(80 * 4 + 1.5, abs=1)
    assert place.right == pytest.approx(1 / (1 + np.exp(3)), abs=1e-4)
    assert place.score == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-4)
    assert finder.judge(depth, VGA, place.centre).presence > 0.9
    assert finder.judge(depth, VGA, place.centre + [0.3, 0, 0]).presence < 0.1


def test_no_candidates_no_work() -> None:
    finder = HandFinder(Localiser(_DrawnBackend()), Verifier(_JudgeBackend()))
    assert finder.find(np.zeros((512, 640), np.float32), VGA) == ()
