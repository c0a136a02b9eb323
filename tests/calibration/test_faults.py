"""Every fault that a calibration names is named, and none where nothing is wrong."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.checks import out_of_step, wrong_square_by_markers
from calibration.errors import CalibrationError
from calibration.faults import FaultKind
from calibration.solve import calibrate_stereo
from calibration.views import View
from tests.calibration.faulty import FAULTS, Faulty, named_faults, sound
from tests.calibration.synthetic import BOARD, mirrored_detection


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named(name: str, seed: int) -> None:
    faulty = FAULTS[name](np.random.default_rng(900 + seed))
    assert faulty.kind in named_faults(faulty)


@pytest.mark.parametrize("seed", [0, 1])
def test_no_fault_is_named_where_there_is_none(seed: int) -> None:
    views = sound(np.random.default_rng(950 + seed))
    found = named_faults(Faulty(views, FaultKind.FEW_VIEWS))
    assert found <= {FaultKind.FEW_VIEWS, FaultKind.LITTLE_DEPTH}


def test_points_that_can_be_told_apart_show_a_mirror_at_once() -> None:
    views = sound(np.random.default_rng(0), BOARD)
    for camera, name in ((0, "left"), (1, "right")):
        flipped = []
        for view in views:
            seen = list(view.detections)
            seen[camera] = mirrored_detection(seen[camera])
            flipped.append(View(view.name, tuple(seen)))
        with pytest.raises(
            CalibrationError, match=f"Mirrored picture: the {name} camera"
        ) as caught:
            calibrate_stereo(flipped, BOARD)
        assert caught.value.fault is FaultKind.MIRRORED


@pytest.mark.parametrize(
    ("ratio", "named"), [(1.0, False), (1.01, False), (0.95, True), (1.1, True)]
)
def test_markers_tell_a_wrong_square(ratio: float, named: bool) -> None:
    views = [
        View(v.name, tuple(replace(d, marker_ratio=ratio) for d in v.detections if d is not None))
        for v in sound(np.random.default_rng(1), BOARD)
    ]
    fault = wrong_square_by_markers(views, BOARD)
    assert (fault is not None) is named


def test_a_good_pair_is_in_step_and_a_bad_one_is_not() -> None:
    assert out_of_step(0.2, 0.18, 640, 0.1) is None
    assert out_of_step(0.4, 0.05, 640, 0.0) is None
    assert out_of_step(1.2, 0.18, 640, 0.0) is not None
    assert out_of_step(0.2, 0.18, 640, 0.5) is not None
    assert out_of_step(0.9, 0.3, 1920, 0.0) is None
