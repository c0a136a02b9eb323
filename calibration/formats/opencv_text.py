"""Plain text files of OpenCV matrices: `intrinsic:`, `distortion:`, and `R:`, `T:` of each camera.

Many small stereo programs write them, one file of intrinsics and one of the world's place for each
camera (python_stereo_camera_calibrate, for one). Of several R and T in a file the first are the
camera's; the length unit is whatever the board was entered in.
"""

from __future__ import annotations

from calibration.formats.parts import array, bad_file, camera_of
from calibration.rig import RigCamera, check_rotation, stereo_rig
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform


def read(
    intrinsics: tuple[str, str], places: tuple[str, str], size_px: tuple[int, int], name: str
) -> StoredRig:
    """The rig of four texts, left before right; `size_px` of both cameras' pictures.

    Raises:
        CalibrationError: something is missing or impossible; one sentence.
    """
    try:
        left = _camera("left", intrinsics[0], places[0], size_px)
        right = _camera("right", intrinsics[1], places[1], size_px)
        return StoredRig(stereo_rig(left, right))
    except ValueError as error:
        raise bad_file(name, str(error)) from error


def _camera(name: str, intrinsics: str, place: str, size_px: tuple[int, int]) -> RigCamera:
    inner, outer = _blocks(intrinsics), _blocks(place)
    K = array(_block(inner, "intrinsic"), (3, 3), "intrinsic")
    row = _block(inner, "distortion")[0]
    D = array(row, (len(row),), "distortion").tolist()
    R = array(_block(outer, "R"), (3, 3), "R")
    check_rotation(R)
    T = array(_block(outer, "T"), (3,), "T")
    return RigCamera(name, camera_of(size_px, K, D), RigidTransform(R, T))


def _blocks(text: str) -> dict[str, list[list[float]]]:
    """Rows of numbers under each heading; a heading that comes again is left out."""
    blocks: dict[str, list[list[float]]] = {}
    rows: list[list[float]] = []
    for line in text.splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0].endswith(":"):
            rows = []
            blocks.setdefault(words[0].removesuffix(":"), rows)
        else:
            rows.append([_number(word) for word in words])
    return blocks


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise ValueError(f"a number is expected, found '{word}'") from error


def _block(blocks: dict[str, list[list[float]]], name: str) -> list[list[float]]:
    if not blocks.get(name):
        raise ValueError(f"'{name}:' with its numbers is missing")
    return blocks[name]
