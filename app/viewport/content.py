"""From a scene to what the viewport draws: colours, observed points, ground grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.viewport.open3d_renderer import BACKGROUND_RGB
from app.viewport.surface import HandSurface
from app.viewport.viewport import Content, Lines, Mesh, PointCloud, Skeleton
from calibration.camera_model import PinholeCamera
from engine.messages import Float32, Frame, HandState, Scene, Side

TINT = {
    Side.RIGHT: np.array([0.64, 0.51, 0.44], np.float32),
    Side.LEFT: np.array([0.44, 0.52, 0.62], np.float32),
}
UNCERTAIN_RGB = np.array([0.27, 0.275, 0.29], np.float32)
CERTAIN_FROM, CERTAIN_TO = 0.10, 0.50
"""Confidence below the first is drawn fully dimmed, above the second in full colour."""
STALE_SHARE = 0.65
"""How far a frozen mesh fades towards grey."""
POINT_RGB_NEAR = np.array([0.42, 0.83, 0.80], np.float32)
POINT_RGB_FAR = np.array([0.16, 0.34, 0.42], np.float32)
MAX_POINTS = 5000
POINT_RANGE_M = 1.6
GRID_STEP_M = 0.05
GRID_REACH_M = 0.40
GRID_RGB = np.array([0.34, 0.37, 0.42], np.float32)
CAMERA_RGB = np.array([0.36, 0.52, 0.62], np.float32)


@dataclass(frozen=True, slots=True)
class ContentOptions:
    """What the person wants to see."""

    points: bool = True
    skeleton: bool = True
    grid: bool = True
    stale: bool = False


def build_content(
    scene: Scene | None,
    frame: Frame | None,
    surface: HandSurface | None,
    floor: Floor,
    options: ContentOptions,
) -> Content:
    """The picture of one moment. Without hands it has no mesh: a hand is never made up."""
    hands = scene.hands if scene is not None and surface is not None else ()
    meshes = tuple(hand_mesh(hand, surface, options.stale) for hand in hands if surface is not None)
    points = observed_points(frame, hands) if options.points and frame is not None else None
    lines = floor.lines() if options.grid else None
    skeletons = tuple(Skeleton(hand.joints, hand.confidence) for hand in hands)
    return Content(meshes, points, lines, skeletons if options.skeleton else (), options.stale)


def hand_mesh(hand: HandState, surface: HandSurface, stale: bool = False) -> Mesh:
    """The hand in its side's tint, uncertain parts dimmed."""
    colors = hand_colors(hand, surface)
    if stale:
        colors += (UNCERTAIN_RGB - colors) * STALE_SHARE
    return Mesh(hand.vertices, surface.triangles_of(hand.side), colors)


def hand_colors(hand: HandState, surface: HandSurface) -> Float32:
    """[V, 3] RGB in 0..1."""
    confidence = surface.vertex_confidence(hand.confidence)[:, None]
    t = np.clip((confidence - CERTAIN_FROM) / (CERTAIN_TO - CERTAIN_FROM), 0.0, 1.0)
    smooth = t * t * (3.0 - 2.0 * t)
    colors = UNCERTAIN_RGB + smooth * (TINT[hand.side] - UNCERTAIN_RGB)
    return np.asarray(colors, np.float32)


def observed_points(frame: Frame, hands: tuple[HandState, ...]) -> PointCloud:
    """Depth as points: around the hands where there are any, else the near part of the view."""
    pixels = _region_px(frame, hands)
    top, bottom, left, right = pixels
    area = max((bottom - top) * (right - left), 1)
    stride = max(1, int(np.ceil(np.sqrt(area / MAX_POINTS))))
    depth = frame.depth_m[top:bottom:stride, left:right:stride]
    near, far = _depth_range_m(hands)
    v, u = np.nonzero((depth > near) & (depth < far))
    z = depth[v, u]
    positions = _unproject(frame.camera, u * stride + left, v * stride + top, z)
    return PointCloud(positions, _point_colors(z))


def _unproject(
    camera: PinholeCamera, u: npt.NDArray[np.int64], v: npt.NDArray[np.int64], z: Float32
) -> Float32:
    x = (u - camera.cx) / camera.fx * z
    y = (v - camera.cy) / camera.fy * z
    return np.stack([x, y, z], -1).astype(np.float32)


def _point_colors(z: Float32) -> npt.NDArray[np.uint8]:
    """Near points bright, far ones dark, over the span that is there."""
    if len(z) == 0:
        return np.empty((0, 3), np.uint8)
    near, far = np.percentile(z, [2, 98])
    share = np.clip((z - near) / max(float(far - near), 0.05), 0.0, 1.0)[:, None]
    colors = POINT_RGB_NEAR + share * (POINT_RGB_FAR - POINT_RGB_NEAR)
    return np.asarray(colors * 255.0, np.uint8)


def _depth_range_m(hands: tuple[HandState, ...]) -> tuple[float, float]:
    """Around the hands, so that a wall behind does not hide what belongs to them."""
    if not hands:
        return 0.0, POINT_RANGE_M
    z = np.concatenate([hand.joints[:, 2] for hand in hands])
    return max(0.0, float(z.min()) - 0.10), float(z.max()) + 0.12


def _region_px(frame: Frame, hands: tuple[HandState, ...]) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of the hands with a margin, or the whole picture."""
    height, width = frame.depth_m.shape
    if not hands:
        return 0, height, 0, width
    uv = np.concatenate([frame.camera.project(hand.joints) for hand in hands])
    uv = uv[np.isfinite(uv).all(-1)]
    if len(uv) == 0:
        return 0, height, 0, width
    margin = 0.07 * frame.camera.fx / max(float(hands[0].joints[:, 2].mean()), 0.1)
    (left, top), (right, bottom) = uv.min(0) - margin, uv.max(0) + margin
    box = np.clip([top, bottom, left, right], 0, [height, height, width, width])
    return int(box[0]), int(box[1]), int(box[2]), int(box[3])


class Floor:
    """The ground grid: below the lowest hand seen, moving only when it must."""

    def __init__(self) -> None:
        self._y = 0.16
        self._centre = (0.0, 0.45)
        self._lines: Lines | None = None

    def follow(self, hands: tuple[HandState, ...]) -> None:
        """Sink below the hands and stay roughly under them, in whole steps of the grid."""
        if not hands:
            return
        lowest = max(float(hand.vertices[:, 1].max()) for hand in hands)
        x, _, z = np.mean([hand.joints.mean(0) for hand in hands], axis=0)
        if lowest > self._y - 0.01:
            self._y, self._lines = lowest + 0.05, None
        if max(abs(x - self._centre[0]), abs(z - self._centre[1])) > 0.15:
            snapped = np.round(np.array([x, z]) / (2 * GRID_STEP_M)) * 2 * GRID_STEP_M
            self._centre, self._lines = (float(snapped[0]), float(snapped[1])), None

    def reset(self) -> None:
        """Back to the first height, for a new source or view."""
        self._y, self._lines = 0.16, None

    def lines(self) -> Lines:
        """The grid, fading with distance, and the depth camera's outline."""
        if self._lines is None:
            grid, camera = _grid_lines(self._y, *self._centre), _camera_lines()
            self._lines = Lines(
                np.concatenate([grid.ends, camera.ends]),
                np.concatenate([grid.colors, camera.colors]),
            )
        return self._lines


def _grid_lines(y: float, x0: float, z0: float) -> Lines:
    ticks = np.arange(-GRID_REACH_M, GRID_REACH_M + GRID_STEP_M / 2, GRID_STEP_M)
    cell_a, cell_b = ticks[:-1], ticks[1:]
    along, across = np.meshgrid(np.arange(len(cell_a)), ticks)
    a, b, c = cell_a[along].ravel(), cell_b[along].ravel(), across.ravel()
    level = np.full_like(c, y)
    rows = np.stack(
        [np.stack([a + x0, level, c + z0], -1), np.stack([b + x0, level, c + z0], -1)], 1
    )
    columns = np.stack(
        [np.stack([c + x0, level, a + z0], -1), np.stack([c + x0, level, b + z0], -1)], 1
    )
    distance = np.hypot((a + b) / 2, c) / GRID_REACH_M
    shade = np.clip(1.0 - distance, 0.0, 1.0)[:, None] ** 1.2
    strong = np.isclose(np.round(c / (2 * GRID_STEP_M)) * 2 * GRID_STEP_M, c)[:, None]
    background = np.array(BACKGROUND_RGB)
    colors = background + (GRID_RGB - background) * shade * np.where(strong, 1.0, 0.45)
    keep = shade[:, 0] > 0.02
    ends = np.concatenate([rows[keep], columns[keep]]).astype(np.float32)
    return Lines(ends, np.concatenate([colors[keep], colors[keep]]).astype(np.float32))


def _camera_lines(size_m: float = 0.03) -> Lines:
    """A small pyramid at the depth camera, opening towards what it sees."""
    x, y, z = 0.75 * size_m, 0.55 * size_m, 1.2 * size_m
    corners = np.array([[-x, -y, z], [x, -y, z], [x, y, z], [-x, y, z]], np.float32)
    edges = [np.stack([np.zeros(3, np.float32), corner]) for corner in corners]
    edges += [np.stack([corners[i], corners[(i + 1) % 4]]) for i in range(4)]
    ends = np.stack(edges)
    return Lines(ends, np.broadcast_to(CAMERA_RGB, (len(ends), 3)).copy())
