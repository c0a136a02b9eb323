"""Rig files: exact there and back, strict on what they say, tied to their cameras."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from calibration.depth_error import DepthError
from calibration.errors import CalibrationError, CalibrationProblem
from calibration.report import Verdict
from calibration.storage import from_toml, load_rig, to_toml
from calibration.stored_rig import RigQuality, StoredRig, check_cameras, why_not_replace
from tests.calibration.synthetic import random_rig

ERRORS = (
    DepthError(0.3, 0.0005, 0.0002),
    DepthError(0.5, 0.0014, 0.0006),
    DepthError(0.8, 0.0035, 0.0015),
)
QUALITY = RigQuality(Verdict.GOOD, 0.2, 0.21, 0.15, 24, 4e-5, ERRORS, ("few views",))


def stored(**changes: object) -> StoredRig:
    rig = random_rig(np.random.default_rng(0))
    good = StoredRig(rig, "A1", "B2", "2026-01-02T03:04:05+00:00", "chessboard:9x6:25mm", QUALITY)
    return replace(good, **changes)  # type: ignore[arg-type]


def test_a_rig_comes_back_to_the_last_bit() -> None:
    for rig in (stored(), stored(quality=None, left_serial=""), StoredRig(stored().rig)):
        back = from_toml(to_toml(rig), "rig.toml")
        assert to_toml(back) == to_toml(rig)
        assert back.rig.left == rig.rig.left
        assert back.rig.right == rig.rig.right
        T, T_back = rig.rig.T_right_from_left, back.rig.T_right_from_left
        assert (T.rotation == T_back.rotation).all()
        assert (T.translation == T_back.translation).all()
        assert back.quality == rig.quality


def test_unknown_quality_may_be_infinite() -> None:
    rig = stored(quality=replace(QUALITY, held_out_px=np.inf))
    assert from_toml(to_toml(rig), "x").quality == rig.quality


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('format = "handtune rig"', 'format = "other"', "it is no rig file"),
        ("version = 1", "version = 7", "version 1 is expected, found 7"),
        ("version = 1", "version = nonsense", "Rig file 'rig.toml' cannot be used"),
        ("width_px = 640", "width_px = 640.5", "'left.width_px' should be a whole number"),
        ("width_px = 640", "width_px = 0", "camera size must be positive"),
        ("fx = ", "fx = -", "focal lengths must be positive"),
        ("fx = ", "fx = nan # ", "'left.fx' should be a finite number, found nan"),
        ("cy = ", "c_y = ", "'left.cy' is missing"),
        ('lens = "brown-conrady"', 'lens = "fisheye"', "4 finite numbers"),
        ('lens = "brown-conrady"', 'lens = "round"', "should be one of 'pinhole'"),
        ("rotation = [", "rotation = 3 # [", "cannot be used"),
        ("[right_from_left]", "[elsewhere]", "'right_from_left' is missing"),
        ('verdict = "good"', 'verdict = "splendid"', "'quality.verdict' should be one of"),
        ('serial = "A1"', "serial = 17", "'left.serial' should be a text, found 17"),
    ],
)
def test_an_impossible_file_gets_one_sentence(old: str, new: str, sentence: str) -> None:
    text = to_toml(stored())
    assert old in text
    with pytest.raises(CalibrationError, match=sentence) as caught:
        from_toml(text.replace(old, new, 1), "rig.toml")
    assert caught.value.problem is CalibrationProblem.FILE
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("calibrate again, or restore the file.")


@pytest.mark.parametrize(
    ("factor", "sentence"), [(1.001, "orthogonal"), (np.nan, "finite"), (-1.0, "mirror")]
)
def test_a_rotation_that_is_none_is_refused(factor: float, sentence: str) -> None:
    document = tomllib.loads(to_toml(stored()))
    R = np.array(document["right_from_left"]["rotation"])
    document["right_from_left"]["rotation"] = (factor * R).tolist()
    with pytest.raises(CalibrationError, match=sentence):
        from_toml(tomli_w.dumps(document), "rig.toml")


def test_a_missing_or_binary_file_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="No such file"):
        load_rig(tmp_path / "none.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CalibrationError, match="it is not a text"):
        load_rig(tmp_path / "b.toml")


def test_a_rig_is_used_with_its_own_cameras_only() -> None:
    rig, size = stored(), (640, 480)
    check_cameras(rig, size, size, "A1", "B2")
    check_cameras(rig, size, size)
    check_cameras(stored(left_serial="", right_serial=""), size, size, "X", "Y")
    for left, right, serials, sentence in (
        (size, size, ("B2", "A1"), "the other way round; swap them"),
        (size, size, ("A1", "Z9"), "for camera B2 on the right, found camera Z9"),
        ((1280, 720), size, ("A1", "B2"), "640 x 480 px on the left.*1280 x 720"),
    ):
        with pytest.raises(CalibrationError, match=sentence) as caught:
            check_cameras(rig, left, right, *serials)
        assert caught.value.problem is CalibrationProblem.OTHER_CAMERA


def test_a_better_calibration_is_not_replaced() -> None:
    worse_depth = replace(
        QUALITY, depth_errors=tuple(replace(e, matching_m=2 * e.matching_m) for e in ERRORS)
    )
    usable = replace(QUALITY, verdict=Verdict.USABLE)
    assert why_not_replace(stored(), stored()) is None
    assert why_not_replace(stored(), stored(quality=usable)) is None
    assert why_not_replace(stored(), stored(quality=None)) is None
    assert "is usable" in (why_not_replace(stored(quality=usable), stored()) or "")
    assert "mm" in (why_not_replace(stored(quality=worse_depth), stored()) or "")
    assert "that of the new one is not" in (why_not_replace(stored(quality=None), stored()) or "")
    assert "another camera" in (why_not_replace(stored(), stored(left_serial="Q")) or "")


def test_the_expected_depth_error_grows_with_the_square_of_the_distance() -> None:
    rig = stored()
    assert rig.expected_depth_error_m(0.5) == pytest.approx(ERRORS[1].total_m)
    assert rig.expected_depth_error_m(1.6) == pytest.approx(4 * ERRORS[2].total_m)
    assert stored(quality=None).expected_depth_error_m(0.5) > 0.0005
