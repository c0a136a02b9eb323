from __future__ import annotations

import numpy as np
import pytest

from calibration.transforms import axis_angle_from_rotation, rotation_from_axis_angle
from engine.inference.turns import rotation_of, turn_of


@pytest.mark.parametrize("angle", [0.0, 1e-4, 0.02, 0.5, 2.0, 3.1])
def test_the_same_as_the_conversions_of_many(angle: float) -> None:
    rng = np.random.default_rng(5)
    axis = rng.normal(size=3)
    turn = angle * axis / np.linalg.norm(axis)
    rotation = rotation_from_axis_angle(turn)
    np.testing.assert_allclose(rotation_of(turn), rotation, atol=1e-9)
    np.testing.assert_allclose(turn_of(rotation), axis_angle_from_rotation(rotation), atol=1e-7)
    assert turn_of(rotation).shape == (3,)
