"""Calibrations of other programs: there and back, and sentences for damaged ones."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.distorted_camera import DistortedCamera
from calibration.drift import epipolar_distances
from calibration.errors import CalibrationError
from calibration.formats.files import RigFormat, export_rig, import_rig
from calibration.lens import LensModel
from calibration.rectification import rectification
from calibration.rig import StereoRig
from calibration.stored_rig import StoredRig
from tests.calibration.synthetic import random_rig
from tests.shared_data import shared_folder

EXPORTS = [kind for kind in RigFormat if kind.can_export]
LENSES: Mapping[LensModel, tuple[float, ...]] = {
    LensModel.PINHOLE: (),
    LensModel.BROWN_CONRADY: (-0.2, 0.08, 1e-3, -4e-4, 0.0),
    LensModel.RATIONAL: (-0.2, 0.08, 1e-3, -4e-4, 0.01, 0.05, -0.02, 0.003),
    LensModel.FISHEYE: (0.02, -0.01, 0.004, -0.001),
}


def rig_with(lens: LensModel, seed: int = 0) -> StereoRig:
    rig = random_rig(np.random.default_rng(seed))
    left, right = (DistortedCamera(c.pinhole, lens, LENSES[lens]) for c in (rig.left, rig.right))
    return StereoRig(left, right, rig.T_right_from_left)


def written(folder: Path, kind: RigFormat, rig: StereoRig) -> list[Path]:
    paths = []
    for name, text in export_rig(kind, StoredRig(rig)).items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


@pytest.mark.parametrize("lens", list(LensModel), ids=lambda lens: lens.value)
@pytest.mark.parametrize("kind", EXPORTS, ids=lambda kind: kind.name)
def test_there_and_back(tmp_path: Path, kind: RigFormat, lens: LensModel) -> None:
    rig = rig_with(lens)
    if kind is RigFormat.KALIBR and lens is LensModel.RATIONAL:
        with pytest.raises(CalibrationError, match="Kalibr's files have no lens"):
            export_rig(kind, StoredRig(rig))
        return
    back = import_rig(kind, written(tmp_path, kind, rig)).rig
    for camera, again in ((rig.left, back.left), (rig.right, back.right)):
        assert again.lens is camera.lens
        assert again.size_px == camera.size_px
        assert np.allclose(again.K, camera.K, rtol=1e-12)
        assert np.allclose(again.coefficients, camera.coefficients, rtol=1e-12)
    T, T_back = rig.T_right_from_left, back.T_right_from_left
    assert np.allclose(T_back.rotation, T.rotation, atol=1e-12)
    assert np.allclose(T_back.translation, T.translation, atol=1e-12)


def test_opencv_reads_what_is_exported(tmp_path: Path) -> None:
    rig = rig_with(LensModel.BROWN_CONRADY)
    (path,) = written(tmp_path, RigFormat.OPENCV, rig)
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    assert np.allclose(storage.getNode("M2").mat(), rig.right.K)
    assert np.allclose(storage.getNode("R").mat(), rig.T_right_from_left.rotation)
    assert np.allclose(storage.getNode("Q").mat(), rectification(rig).Q)
    storage.release()


def test_an_opencv_file_without_size_takes_it_from_the_person(tmp_path: Path) -> None:
    rig = rig_with(LensModel.BROWN_CONRADY)
    (path,) = written(tmp_path, RigFormat.OPENCV, rig)
    lines = [line for line in path.read_text().splitlines() if not line.startswith("image_")]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(CalibrationError, match="image_width and image_height are missing"):
        import_rig(RigFormat.OPENCV, [path])
    back = import_rig(RigFormat.OPENCV, [path], size_px=(640, 480)).rig
    assert back.right.size_px == (640, 480)


def test_lengths_in_other_units_become_metres(tmp_path: Path) -> None:
    rig = rig_with(LensModel.PINHOLE)
    T = rig.T_right_from_left
    in_mm = StereoRig(rig.left, rig.right, replace(T, translation=1000 * T.translation))
    paths = written(tmp_path, RigFormat.ANIPOSE, in_mm)
    back = import_rig(RigFormat.ANIPOSE, paths, unit_m=0.001).rig
    assert back.baseline_m == pytest.approx(rig.baseline_m)


@pytest.mark.parametrize("kind", EXPORTS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    ("damage", "value"), [("cut", ""), ("no text", "\x00\x01"), ("other", "a: 1\n"), ("empty", "")]
)
def test_damaged_files_get_one_sentence(
    tmp_path: Path, kind: RigFormat, damage: str, value: str
) -> None:
    paths = written(tmp_path, kind, rig_with(LensModel.BROWN_CONRADY))
    text = paths[0].read_text()
    paths[0].write_text(text[: len(text) // 3] if damage == "cut" else value)
    with pytest.raises(CalibrationError) as caught:
        import_rig(kind, paths)
    sentence = str(caught.value)
    assert str(paths[0]) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("kind", "old", "new", "sentence"),
    [
        (RigFormat.KALIBR, "camera_model: pinhole", "camera_model: omni", "'pinhole' is expected"),
        (RigFormat.KALIBR, "radtan", "fov", "radtan, equi or none"),
        (RigFormat.KALIBR, "- 640", "- 0.5", "whole numbers"),
        (RigFormat.ROS, "plumb_bob", "thin", "is not one of plumb_bob"),
        (RigFormat.ROS, "image_width: 640", "image_width: 0", "camera size must be positive"),
        (RigFormat.ANIPOSE, "[cam_1]", "[dog_1]", "two cameras"),
        (RigFormat.ANIPOSE, "translation", "elsewhere", "'translation' is missing"),
        (RigFormat.OPENCV, "M2:", "M3:", "'M2' is missing"),
    ],
)
def test_what_is_impossible_is_named(
    tmp_path: Path, kind: RigFormat, old: str, new: str, sentence: str
) -> None:
    paths = written(tmp_path, kind, rig_with(LensModel.BROWN_CONRADY))
    text = paths[0].read_text()
    assert old in text
    paths[0].write_text(text.replace(old, new, 1))
    with pytest.raises(CalibrationError, match=sentence):
        import_rig(kind, paths)


def test_the_wrong_number_of_files_is_refused(tmp_path: Path) -> None:
    paths = written(tmp_path, RigFormat.ROS, rig_with(LensModel.PINHOLE))
    with pytest.raises(CalibrationError, match="is 2 files, found 1"):
        import_rig(RigFormat.ROS, paths[:1])
    with pytest.raises(CalibrationError, match="No such file"):
        import_rig(RigFormat.KALIBR, [tmp_path / "none.yaml"])


TEXT_INTRINSICS = "intrinsic:\n500 0 320\n0 501 240\n0 0 1\ndistortion:\n0.1 -0.2 0.001 0 0.05\n"
TEXT_LEFT = "R:\n1 0 0\n0 1 0\n0 0 1\nT:\n0\n0\n0\n"
TEXT_RIGHT = "R:\n1 0 0\n0 1 0\n0 0 1\nT:\n-2.5\n0\n0\n\n#other\nR:\n0 0 0\n0 0 0\n0 0 0\n"


def test_matrices_as_text_take_the_first_block_of_each_kind(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("c0.dat", "c1.dat", "p0.dat", "p1.dat")]
    texts = (TEXT_INTRINSICS, TEXT_INTRINSICS, TEXT_LEFT, TEXT_RIGHT)
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    rig = import_rig(RigFormat.OPENCV_TEXT, paths, size_px=(640, 480), unit_m=0.025).rig
    assert rig.baseline_m == pytest.approx(0.0625)
    assert rig.left.coefficients == (0.1, -0.2, 0.001, 0.0, 0.05)
    with pytest.raises(CalibrationError, match="leaves out the size"):
        import_rig(RigFormat.OPENCV_TEXT, paths)
    paths[1].write_text(TEXT_INTRINSICS.replace("501", "five"))
    with pytest.raises(CalibrationError, match="a number is expected, found 'five'"):
        import_rig(RigFormat.OPENCV_TEXT, paths, size_px=(640, 480))


def two_camera_clip() -> StereoRig:
    folder = shared_folder("data", "two_camera_clip")
    names = ("c0.dat", "c1.dat", "rot_trans_c0.dat", "rot_trans_c1.dat")
    paths = [folder / name for name in names]
    return import_rig(RigFormat.OPENCV_TEXT, paths, size_px=(720, 720)).rig


def test_the_two_camera_clip_is_imported() -> None:
    rig = two_camera_clip()
    assert rig.left.pinhole.fx == pytest.approx(926.08, abs=0.01)
    assert rig.right.coefficients[1] == pytest.approx(1.4626, abs=1e-4)
    assert rig.baseline_m == pytest.approx(12.52, abs=0.01)  # squares: their size is not known
    middle = np.array([[360.0, 360.0]])
    assert np.isfinite(epipolar_distances(middle, middle, rig)).all()
