"""`icvl:PATH`: the ICVL hand posture data set (Tang et al., CVPR 2014).

    PATH/labels.txt (Training), PATH/test_seq_1.txt and test_seq_2.txt (Testing)
        a line a frame: file below Depth/ and 16 x (u px, v px, z mm)
    PATH/Depth/...   16-bit PNG, 320 x 240, mm; 0 and 32001 = no data; Creative Senz3D

PATH is the Training or the Testing folder; all its label files are played one after the other.

| joints | keypoints | remark |
|---|---|---|
| 0 | none | the palm's centre; the wrist stays NaN |
| 1-3 | thumb MCP IP TIP | "root, mid, tip"; the CMC stays NaN |
| 4-6, 7-9, 10-12, 13-15 | index, middle, ring, pinky MCP PIP TIP | "root, mid, tip"; no DIPs |

So 15 keypoints count. The published names are "root", "mid" and "tip" only: the mapping to the MCP
and PIP is ours, and definition-aligned figures are the ones to compare. All hands are right.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.capture.depth_png import metric_depth, read_depth_png
from engine.datasets.keypoints import KeypointMapping, finger_mapping, standard_keypoints
from engine.datasets.labels import parse_joints, read_lines
from engine.datasets.layout import Labels, Layout
from engine.errors import SourceError
from engine.messages import Float32

CAMERA = PinholeCamera(width_px=320, height_px=240, fx=241.42, fy=241.42, cx=160.0, cy=120.0)
DEPTH_UNIT_M = 0.001
NO_DATA = (0, 32001)
JOINT_COUNT = 16
LABEL_FILES = ("labels.txt", "test_seq_1.txt", "test_seq_2.txt")

MAPPING: KeypointMapping = {
    **finger_mapping("thumb", ("mcp", "ip", "tip"), 1),
    **finger_mapping("index", ("mcp", "pip", "tip"), 4),
    **finger_mapping("middle", ("mcp", "pip", "tip"), 7),
    **finger_mapping("ring", ("mcp", "pip", "tip"), 10),
    **finger_mapping("pinky", ("mcp", "pip", "tip"), 13),
}


def _read_labels(folder: Path) -> Labels:
    labels = [_read_label_file(path) for path in _label_files(folder)]
    names = [name for part in labels for name in part.names]
    if not names:
        raise SourceError(f"{folder}: expected a line of labels for every frame, found none.")
    return Labels(names, np.concatenate([part.keypoints for part in labels]))


def _label_files(folder: Path) -> list[Path]:
    found = [folder / name for name in LABEL_FILES if (folder / name).is_file()]
    if not found:
        raise SourceError(
            f"{folder}: expected one of {', '.join(LABEL_FILES)} in it, found none; give the "
            "Training or the Testing folder."
        )
    return found


def _read_label_file(path: Path) -> Labels:
    rows = [line.split() for line in read_lines(path)]
    joints = parse_joints(path, [row[1:] for row in rows], JOINT_COUNT, first_line=1)
    points = CAMERA.unproject(joints[..., :2], joints[..., 2] * 0.001)
    return Labels([row[0] for row in rows], standard_keypoints(points, MAPPING))


def _read_depth(path: Path) -> Float32:
    return metric_depth(read_depth_png(path, CAMERA), DEPTH_UNIT_M, NO_DATA)


open_location = Layout(
    "icvl", "label files and Depth/", CAMERA, _read_labels, _read_depth, images="Depth"
).open
