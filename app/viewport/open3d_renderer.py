"""The Open3D renderer: its legacy Visualizer in EGL off-screen mode, read back as an image.

Needs no display server. Measured with software GL on one core: 3.4 ms for 720x540 with a hand of
1,159 vertices, 5.8 ms with 8,000 points beside it (LP_NUM_THREADS=0; without `poll_events`, which
would draw every picture twice). Open3D holds the interpreter lock all that time, which is why the
window runs this in a process of its own (app.viewport.render_process).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.viewport.orbit import ViewPose
from app.viewport.viewport import Content, Lines, Mesh, PointCloud, RgbImage

BACKGROUND_RGB = (0.075, 0.084, 0.098)
POINT_SIZE_PX = 2.0
NEAR_M, FAR_M = 0.02, 8.0
EDGE_CONTRAST = 24
GHOST_SHARE = 0.55
"""How much is seen of a ghost, and the rest of what is behind it."""
_DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR")


class GraphicsUnavailableError(RuntimeError):
    """No OpenGL context can be made on this machine."""


class Open3DRenderer:
    """Owns one off-screen Visualizer and the geometries in it."""

    def __init__(self) -> None:
        # llvmpipe's own threads cost more than they save and would take cores from the tracker.
        os.environ.setdefault("LP_NUM_THREADS", "0")
        import open3d as o3d

        o3d.utility.set_verbosity_level(o3d.utility.VerbosityLevel.Error)
        self._o3d = o3d
        self._visualizer: Any = None
        self._size_px = (0, 0)
        self._meshes: list[_MeshNode] = []
        self._ghost: _MeshNode | None = None
        self._points: Any = None
        self._lines: Any = None

    def draw(self, content: Content, pose: ViewPose, size_px: tuple[int, int]) -> RgbImage:
        """See `Renderer.draw`. A new size costs about 35 ms once."""
        if size_px != self._size_px:
            self._open(size_px)
        self._show_meshes(content.meshes)
        self._show_points(content.points)
        self._show_lines(content.lines)
        self._hide_ghost()
        self._look_from(pose)
        image = self._captured()
        if content.ghost is not None:
            # This Visualizer knows no transparency: drawn once without and once with the ghost.
            self._show_ghost(content.ghost)
            self._look_from(pose)
            blended = cv2.addWeighted(self._captured(), GHOST_SHARE, image, 1.0 - GHOST_SHARE, 0.0)
            image = np.asarray(blended, np.uint8)
        return image[:, ::-1] if pose.mirrored else image

    def _captured(self) -> RgbImage:
        pixels = np.asarray(self._visualizer.capture_screen_float_buffer(True))
        return _softened(np.asarray(cv2.convertScaleAbs(pixels, alpha=255), np.uint8))

    def close(self) -> None:
        """See `Renderer.close`."""
        if self._visualizer is not None:
            self._visualizer.destroy_window()
        self._visualizer = None
        self._size_px = (0, 0)
        self._meshes, self._ghost, self._points, self._lines = [], None, None, None

    def _open(self, size_px: tuple[int, int]) -> None:
        self.close()
        visualizer = self._o3d.visualization.Visualizer()
        with _hidden_display(), _quiet_stderr():
            opened = visualizer.create_window(
                "", width=size_px[0], height=size_px[1], visible=False
            )
        if not opened:
            raise GraphicsUnavailableError("OpenGL could not be started for the 3D view")
        self._visualizer, self._size_px = visualizer, size_px
        options = visualizer.get_render_option()
        options.background_color = np.array(BACKGROUND_RGB)
        options.mesh_shade_option = self._o3d.visualization.MeshShadeOption.Color
        options.mesh_show_back_face = False
        options.point_size = POINT_SIZE_PX
        control = visualizer.get_view_control()
        # Open3D derives these from what was there when geometry was added, and would clip a hand.
        control.set_constant_z_near(NEAR_M)
        control.set_constant_z_far(FAR_M)

    def _show_meshes(self, meshes: tuple[Mesh, ...]) -> None:
        while len(self._meshes) > len(meshes):
            self._remove(self._meshes.pop().geometry)
        for index, mesh in enumerate(meshes):
            if index == len(self._meshes):
                self._meshes.append(_MeshNode(self._o3d, mesh))
                self._add(self._meshes[index].geometry)
            else:
                self._meshes[index].change(mesh)
                self._visualizer.update_geometry(self._meshes[index].geometry)

    def _show_ghost(self, mesh: Mesh) -> None:
        if self._ghost is None:
            self._ghost = _MeshNode(self._o3d, mesh)
            # The lights hang on the bounding box, and the hand must not change with the ghost.
            self._visualizer.add_geometry(self._ghost.geometry, reset_bounding_box=False)
            return
        self._ghost.change(mesh)
        self._visualizer.update_geometry(self._ghost.geometry)

    def _hide_ghost(self) -> None:
        """Adding and removing costs more than shrinking it to a point."""
        if self._ghost is not None:
            self._ghost.shrink()
            self._visualizer.update_geometry(self._ghost.geometry)

    def _show_points(self, points: PointCloud | None) -> None:
        if points is None or len(points.positions) == 0:
            self._remove(self._points)
            self._points = None
            return
        fresh = self._points is None
        self._points = self._o3d.geometry.PointCloud() if fresh else self._points
        self._points.points = self._vectors(points.positions)
        self._points.colors = self._vectors(points.colors / 255.0)
        self._refresh(self._points, fresh)

    def _show_lines(self, lines: Lines | None) -> None:
        if lines is None or len(lines.ends) == 0:
            self._remove(self._lines)
            self._lines = None
            return
        fresh = self._lines is None
        self._lines = self._o3d.geometry.LineSet() if fresh else self._lines
        pairs = np.arange(2 * len(lines.ends), dtype=np.int32).reshape(-1, 2)
        self._lines.points = self._vectors(lines.ends.reshape(-1, 3))
        self._lines.lines = self._o3d.utility.Vector2iVector(pairs)
        self._lines.colors = self._vectors(lines.colors)
        self._refresh(self._lines, fresh)

    def _look_from(self, pose: ViewPose) -> None:
        width, height = self._size_px
        focal = pose.focal_px(height)
        eye = self._o3d.camera.PinholeCameraParameters()
        eye.intrinsic = self._o3d.camera.PinholeCameraIntrinsic(
            width, height, focal, focal, (width - 1) / 2, (height - 1) / 2
        )
        transform = pose.T_eye_from_camera()
        extrinsic = np.eye(4)
        extrinsic[:3, :3], extrinsic[:3, 3] = transform.rotation, transform.translation
        eye.extrinsic = extrinsic
        self._visualizer.get_view_control().convert_from_pinhole_camera_parameters(eye, True)

    def _refresh(self, geometry: Any, fresh: bool) -> None:
        if fresh:
            self._add(geometry)
        else:
            self._visualizer.update_geometry(geometry)

    def _add(self, geometry: Any) -> None:
        self._visualizer.add_geometry(geometry, reset_bounding_box=True)

    def _remove(self, geometry: Any) -> None:
        if geometry is not None:
            self._visualizer.remove_geometry(geometry, reset_bounding_box=False)

    def _vectors(self, array: npt.NDArray[np.floating]) -> Any:
        return self._o3d.utility.Vector3dVector(array.astype(np.float64))


class _MeshNode:
    """A mesh inside the Visualizer, changed in place from picture to picture."""

    def __init__(self, o3d: Any, mesh: Mesh) -> None:
        self._o3d = o3d
        self._triangles = np.empty((0, 3), np.int32)
        self.geometry = o3d.geometry.TriangleMesh()
        self.change(mesh)

    def change(self, mesh: Mesh) -> None:
        utility = self._o3d.utility
        self.geometry.vertices = utility.Vector3dVector(mesh.vertices.astype(np.float64))
        self.geometry.vertex_colors = utility.Vector3dVector(mesh.colors.astype(np.float64))
        if not np.array_equal(self._triangles, mesh.triangles):
            self.geometry.triangles = utility.Vector3iVector(np.array(mesh.triangles))
            self._triangles = mesh.triangles
        self.geometry.compute_vertex_normals()

    def shrink(self) -> None:
        """To a point, which draws nothing."""
        count = len(self.geometry.vertices)
        self.geometry.vertices = self._o3d.utility.Vector3dVector(np.zeros((count, 3)))


def _softened(image: RgbImage) -> RgbImage:
    """Blur the steps at edges: an off-screen context has no multisampling (0.7 ms at 692x561)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    contrast = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edges = cv2.compare(contrast, EDGE_CONTRAST, cv2.CMP_GT)  # type: ignore[call-overload]
    blurred = cv2.GaussianBlur(image, (3, 3), 0.8)
    return np.asarray(cv2.copyTo(blurred, edges, image), np.uint8)


@contextlib.contextmanager
def _hidden_display() -> Iterator[None]:
    """Hide the display server, so that Open3D takes EGL: mixing it with GLFW crashes."""
    saved = {k: os.environ.pop(k) for k in _DISPLAY_VARIABLES if k in os.environ}
    try:
        yield
    finally:
        os.environ.update(saved)


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Mesa complains about the variables we hid; a failure is reported by our own sentence."""
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
