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

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from calibration.camera_model import PinholeCamera
from engine.capture.depth_png import metric_depth, read_depth_png
from engine.capture.recorded import (
    RecordedCamera,
    RecordedImage,
    Recording,
    open_recording,
    parse_playback,
    recording_uri,
)
from engine.datasets.keypoints import KeypointMapping, finger_mapping, standard_keypoints
from engine.datasets.labels import counted_lines, parse_joints, require_folder
from engine.messages import Float64, HandTruth, Side

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


def open_location(location: str, options: Mapping[str, str]) -> RecordedCamera:
    """Open one sequence; options `fps` and `loop`.

    Raises:
        SourceError: not such a folder, damaged labels or images, bad options.
    """
    folder = require_folder(Path(location).expanduser(), "joint.txt and depth PNGs (CVAR)")
    names, keypoints = _read_labels(folder / "joint.txt")
    playback = parse_playback(options)

    def load(index: int) -> RecordedImage:
        raw = read_depth_png(folder / names[index], CAMERA)
        truth = HandTruth(Side.RIGHT, keypoints[index])
        return RecordedImage(metric_depth(raw, DEPTH_UNIT_M, NO_DATA), names[index], (truth,))

    recording = Recording(
        uri=recording_uri("cvar", location, options),
        name=f"CVAR {folder.resolve().name}",
        camera=CAMERA,
        count=len(names),
        load=load,
        has_truth=True,
    )
    return open_recording(recording, playback)


def _read_labels(path: Path) -> tuple[list[str], Float64]:
    """File names, and keypoints [N, 21, 3] in metres."""
    rows = [line.split() for line in counted_lines(path)]
    joints = parse_joints(path, [row[1:] for row in rows], JOINT_COUNT, first_line=2)
    points = CAMERA.unproject(joints[..., :2], joints[..., 2] * 0.001)
    return [PurePosixPath(row[0]).name for row in rows], standard_keypoints(points, MAPPING)
