"""`cvar:PATH`: sequences of the CVAR data set (Oberweger et al., CVPR 2016), for research only.

    PATH/joint.txt          frame count, then a line a frame: file and 21 x (u px, v px, z mm)
    PATH/000000_depth.png   16 bit, 320 x 240, mm, 32001 = no data; Creative Senz3D

| joints | keypoints | remark |
|---|---|---|
| 0 | none | a palm root in the lower palm, not the wrist crease: the wrist stays NaN |
| 1-4, 5-8, 9-12, 13-16 | index, middle, ring, pinky MCP PIP DIP TIP | the MCPs lie 11-17 mm more distal than ours |
| 17-20 | thumb CMC MCP IP TIP | |

So 20 keypoints count. The labels are semi-automatic: a template skeleton of fixed bone ratios, with
8.6 mm of jitter from frame to frame and depths that are 20-40 mm off at times. All hands are right.
"""  # noqa: E501 - the table

from __future__ import annotations

from pathlib import Path, PurePosixPath

from calibration.camera_model import PinholeCamera
from engine.capture.depth_png import metric_depth, read_depth_png
from engine.datasets.keypoints import KeypointMapping, finger_mapping, standard_keypoints
from engine.datasets.labels import counted_lines, parse_joints
from engine.datasets.layout import Labels, Layout
from engine.messages import Float32

CAMERA = PinholeCamera(width_px=320, height_px=240, fx=224.502, fy=230.494, cx=160.0, cy=120.0)
DEPTH_UNIT_M = 0.001
NO_DATA = (0, 32001)
JOINT_COUNT = 21

MAPPING: KeypointMapping = {
    **finger_mapping("index", ("mcp", "pip", "dip", "tip"), 1),
    **finger_mapping("middle", ("mcp", "pip", "dip", "tip"), 5),
    **finger_mapping("ring", ("mcp", "pip", "dip", "tip"), 9),
    **finger_mapping("pinky", ("mcp", "pip", "dip", "tip"), 13),
    **finger_mapping("thumb", ("cmc", "mcp", "ip", "tip"), 17),
}


def _read_labels(folder: Path) -> Labels:
    path = folder / "joint.txt"
    rows = [line.split() for line in counted_lines(path)]
    joints = parse_joints(path, [row[1:] for row in rows], JOINT_COUNT, first_line=2)
    points = CAMERA.unproject(joints[..., :2], joints[..., 2] * 0.001)
    names = [PurePosixPath(row[0]).name for row in rows]
    return Labels(names, standard_keypoints(points, MAPPING))


def _read_depth(path: Path) -> Float32:
    return metric_depth(read_depth_png(path, CAMERA), DEPTH_UNIT_M, NO_DATA)


open_location = Layout("cvar", "joint.txt and depth PNGs", CAMERA, _read_labels, _read_depth).open
