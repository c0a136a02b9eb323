"""`nyu:PATH`: the NYU hand pose data set (Tompson et al., SIGGRAPH 2014).

    PATH/joint_data.mat          joint_names [1, 36], joint_xyz [3, N, 36, 3] mm (view, frame)
    PATH/depth_1_0000001.png     RGB, 640 x 480; depth in mm = 256 green + blue, 0 = no data

PATH is the train or the test folder. The frontal camera (view 1) is played; PrimeSense Carmine. The
labels' axes are x right, y up, z forward: y is negated. They are the centres of the spheres of a
fitted hand model; A lies at the far end of a bone, B at the near end, F1 is the little finger.

| joints | keypoints | remark |
|---|---|---|
| PALM_1, PALM_2 | wrist | the two sides of the wrist: their middle |
| TH_KNU1_B, TH_KNU2_B, TH_KNU3_B, TH_KNU3_A | thumb CMC MCP IP TIP | the CMC is approximate |
| F4.. F3.. F2.. F1.. KNU1_B, KNU2_B, KNU3_B, KNU3_A | index, middle, ring, pinky MCP PIP DIP TIP | tips inside the skin |
| the others | none | |

So all 21 keypoints count, though published figures use 14 joints of the set. All hands are right.
"""  # noqa: E501 - the table

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.capture.depth_png import check_png, metric_depth
from engine.datasets.keypoints import KeypointMapping, standard_keypoints
from engine.datasets.layout import Labels, Layout
from engine.errors import SourceError
from engine.messages import Float32

CAMERA = PinholeCamera(width_px=640, height_px=480, fx=588.03, fy=587.07, cx=320.0, cy=240.0)
DEPTH_UNIT_M = 0.001
NO_DATA = (0,)
JOINT_COUNT = 36

FINGER_PREFIX = {"thumb": "TH", "index": "F4", "middle": "F3", "ring": "F2", "pinky": "F1"}
JOINT_SUFFIX = ("KNU1_B", "KNU2_B", "KNU3_B", "KNU3_A")


def keypoint_mapping(joint_names: list[str]) -> KeypointMapping:
    """Where each keypoint stands among the joints of a label file.

    Raises:
        ValueError: a joint is missing.
    """
    wrist = joint_names.index("PALM_1"), joint_names.index("PALM_2")
    mapping: dict[str, tuple[int, ...]] = {"wrist": wrist}
    for finger, prefix in FINGER_PREFIX.items():
        joints = ("cmc", "mcp", "ip", "tip") if finger == "thumb" else ("mcp", "pip", "dip", "tip")
        for joint, suffix in zip(joints, JOINT_SUFFIX, strict=True):
            mapping[f"{finger}_{joint}"] = (joint_names.index(f"{prefix}_{suffix}"),)
    return mapping


def read_packed_depth(path: Path) -> npt.NDArray[np.uint16]:
    """[480, 640] mm of an RGB PNG that holds the high byte in green and the low byte in blue.

    Raises:
        SourceError: missing, damaged, not 8-bit RGB, or of another size.
    """
    check_png(path, CAMERA, bits=8, colour="RGB")
    bgr = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise SourceError(f"{path}: the PNG cannot be decoded; copy the file again.")
    high, low = bgr[..., 1].astype(np.uint16), bgr[..., 0].astype(np.uint16)
    return high * np.uint16(256) + low


def _read_labels(folder: Path) -> Labels:
    """Of the frames of view 1."""
    path = folder / "joint_data.mat"
    values = _load_mat(path)
    try:
        joint_names = [str(np.squeeze(name).item()) for name in np.ravel(values["joint_names"])]
        joints = np.asarray(values["joint_xyz"], np.float64)[0]
        mapping = keypoint_mapping(joint_names)
    except (KeyError, ValueError, IndexError) as error:
        raise SourceError(
            f"{path}: expected the NYU labels joint_names and joint_xyz, found something else "
            f"({error})."
        ) from error
    if joints.ndim != 3 or joints.shape[1:] != (JOINT_COUNT, 3) or len(joints) < 1:
        raise SourceError(
            f"{path}: expected joint_xyz of shape [3, N, {JOINT_COUNT}, 3], found a view of shape "
            f"{list(joints.shape)}."
        )
    names = [f"depth_1_{index + 1:07d}.png" for index in range(len(joints))]
    return Labels(names, standard_keypoints(joints * (0.001, -0.001, 0.001), mapping))


def _load_mat(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat  # Slow to import, and only this reader needs it.

    if not path.is_file():
        raise SourceError(f"{path} is missing; expected the data set's labels there.")
    try:
        return dict(loadmat(path))
    except Exception as error:  # scipy raises many kinds for a damaged file
        raise SourceError(f"{path}: cannot be read as a MATLAB file ({error}).") from error


def _read_depth(path: Path) -> Float32:
    return metric_depth(read_packed_depth(path), DEPTH_UNIT_M, NO_DATA)


open_location = Layout(
    "nyu", "joint_data.mat and depth PNGs", CAMERA, _read_labels, _read_depth
).open
