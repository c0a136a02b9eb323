from __future__ import annotations

import numpy as np
import pytest

from app.enrolment.hand_picture import HandPicture
from app.viewport.surface import default_surface
from engine.messages import Side
from tests.app.scenes import make_frame, make_hand

SIZE = (240, 300)


@pytest.fixture(scope="module")
def picture() -> HandPicture:
    return HandPicture(default_surface())


def _draw(picture: HandPicture, with_mesh: bool, side: Side = Side.RIGHT) -> np.ndarray:
    hand = make_hand(side)
    shown = hand if with_mesh else None
    return picture.draw(make_frame((hand,)), shown, hand.joints.mean(0), SIZE)


def test_it_has_the_asked_size(picture: HandPicture) -> None:
    assert _draw(picture, with_mesh=True).shape == (SIZE[1], SIZE[0], 4)


def test_the_mesh_lies_in_the_middle_and_nowhere_else(picture: HandPicture) -> None:
    changed = (_draw(picture, True) != _draw(picture, False)).any(-1)
    rows, columns = np.nonzero(changed)
    assert abs(columns.mean() - SIZE[0] / 2) < 30
    assert abs(rows.mean() - SIZE[1] / 2) < 40
    assert 0.05 < changed.mean() < 0.6


def test_the_hand_is_seen_where_the_mesh_is_drawn(picture: HandPicture) -> None:
    bare = _draw(picture, False)[..., :3].sum(-1).astype(int)
    covered = (_draw(picture, True) != _draw(picture, False)).any(-1)
    # Near is light: most of what the mesh covers is the hand, which stands before the wall.
    assert np.median(bare[covered]) > np.median(bare[~covered])


def test_the_other_hand_has_its_own_tint(picture: HandPicture) -> None:
    right, left = _draw(picture, True), _draw(picture, True, Side.LEFT)
    blue_minus_red = [
        int(image[..., 0].sum()) - int(image[..., 2].sum()) for image in (right, left)
    ]
    assert blue_minus_red[1] > blue_minus_red[0]


def test_a_hand_behind_the_camera_is_not_drawn(picture: HandPicture) -> None:
    hand = make_hand(position=(0.0, 0.0, -0.3))
    frame = make_frame()
    centre = np.array([0.0, 0.0, 0.45])
    image = picture.draw(frame, hand, centre, SIZE)
    assert np.array_equal(image, picture.draw(frame, None, centre, SIZE))
