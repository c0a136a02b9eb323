"""The vector that a refinement moves, and how pixels change with it.

Camera after camera: fx fy cx cy and the lens coefficients that are free, then (but for the first
camera, whose frame is the rig's) axis-angle and translation of T_camera_from_rig; after the
cameras axis-angle and translation of T_rig_from_board, view after view. OpenCV gives the
derivatives of a projection and of a composed transform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.estimate import Estimate, Observation, opencv_coefficients, vector_of
from calibration.lens import LensModel
from calibration.transforms import RigidTransform, rotation_from_axis_angle

Vector = npt.NDArray[np.float64]

PINHOLE_NAMES = ("fx", "fy", "cx", "cy")
LENS_NAMES = {
    LensModel.PINHOLE: (),
    LensModel.BROWN_CONRADY: ("k1", "k2", "p1", "p2", "k3"),
    LensModel.RATIONAL: ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6"),
    LensModel.FISHEYE: ("k1", "k2", "k3", "k4"),
}
PLACE_NAMES = ("rx", "ry", "rz", "tx", "ty", "tz")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Where what stands in the vector, for one problem."""

    start: Estimate
    """Sizes and lenses, and the values of what does not move."""
    free_coefficients: int
    """How many lens coefficients move; the others keep their value."""
    free_intrinsics: bool = True
    free_places: bool = True
    """Whether the cameras move against each other."""

    @property
    def intrinsic_count(self) -> int:
        """Of one camera."""
        if not self.free_intrinsics:
            return 0
        known = self.start.cameras[0].lens.coefficient_count
        return 4 + min(self.free_coefficients, known)

    @property
    def camera_count(self) -> int:
        """Of all cameras, without the views."""
        cameras = len(self.start.cameras)
        return cameras * self.intrinsic_count + self.place_count * (cameras - 1)

    @property
    def place_count(self) -> int:
        """Of one camera but the first."""
        return 6 if self.free_places else 0

    @property
    def count(self) -> int:
        return self.camera_count + 6 * len(self.start.T_rig_from_board)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the cameras' part, such as `0.fx` and `1.tx`."""
        names = []
        for c, camera in enumerate(self.start.cameras):
            inner = (PINHOLE_NAMES + LENS_NAMES[camera.lens])[: self.intrinsic_count]
            names += [
                f"{c}.{name}" for name in inner + (PLACE_NAMES[: self.place_count] if c else ())
            ]
        return tuple(names)

    def intrinsics_at(self, camera: int) -> slice:
        begin = camera * self.intrinsic_count + self.place_count * max(camera - 1, 0)
        return slice(begin, begin + self.intrinsic_count)

    def place_at(self, camera: int) -> slice:
        """Of T_camera_from_rig; the first camera has none."""
        begin = self.intrinsics_at(camera).stop
        return slice(begin, begin + (self.place_count if camera else 0))

    def view_at(self, view: int) -> slice:
        begin = self.camera_count + 6 * view
        return slice(begin, begin + 6)

    def vector(self, estimate: Estimate) -> Vector:
        """All of an estimate that moves [count]."""
        x = np.zeros(self.count)
        for c, camera in enumerate(estimate.cameras):
            p = camera.pinhole
            inner = np.array([p.fx, p.fy, p.cx, p.cy, *camera.coefficients])
            x[self.intrinsics_at(c)] = inner[: self.intrinsic_count]
            if c and self.free_places:
                x[self.place_at(c)] = vector_of(estimate.T_camera_from_rig[c])
        for v, pose in enumerate(estimate.T_rig_from_board):
            x[self.view_at(v)] = vector_of(pose)
        return x

    def estimate(self, x: Vector) -> Estimate:
        """The estimate of a vector.

        Raises:
            ValueError: the vector is no camera (a focal length below 0).
        """
        cameras, places = [], [self.start.T_camera_from_rig[0]]
        for c, camera in enumerate(self.start.cameras):
            cameras.append(_with_intrinsics(camera, x[self.intrinsics_at(c)]))
            if c:
                held = self.start.T_camera_from_rig[c]
                places.append(_transform(x[self.place_at(c)]) if self.free_places else held)
        poses = x[self.camera_count :].reshape(-1, 6)
        turns = rotation_from_axis_angle(poses[:, :3])
        placed = (RigidTransform(R, T) for R, T in zip(turns, poses[:, 3:], strict=True))
        return Estimate(tuple(cameras), tuple(places), tuple(placed))

    def jacobian(self, x: Vector, seen: Sequence[Observation]) -> sparse.csr_matrix:
        """Derivatives [2 x points, count] of the residuals, u and v of a point in turn."""
        estimate = self.estimate(x)
        rows, columns, values = [], [], []
        first = 0
        for o in seen:
            block, places = self._block(x, estimate.cameras[o.camera], o)
            height = len(block)
            r, c = np.meshgrid(np.arange(first, first + height), places, indexing="ij")
            rows.append(r.ravel())
            columns.append(c.ravel())
            values.append(block.ravel())
            first += height
        joined = (np.concatenate(rows), np.concatenate(columns))
        return sparse.csr_matrix((np.concatenate(values), joined), shape=(first, self.count))

    def _block(
        self, x: Vector, camera: DistortedCamera, o: Observation
    ) -> tuple[Vector, npt.NDArray[np.int64]]:
        """Derivatives of one picture [2N, M] and the columns [M] where they belong."""
        view = x[self.view_at(o.view)]
        if o.camera == 0:
            by_pose, by_intrinsics = _projection_derivatives(camera, view, o.points_m)
            by_place = by_pose[:, :0]
        else:
            place = vector_of(self.start.T_camera_from_rig[o.camera])
            if self.free_places:
                place = x[self.place_at(o.camera)]
            composed = cv2.composeRT(view[:3], view[3:], place[:3], place[3:])
            whole = np.concatenate([composed[0].ravel(), composed[1].ravel()])
            by_whole, by_intrinsics = _projection_derivatives(camera, whole, o.points_m)
            dr, dt = [np.hstack(composed[k : k + 4]) for k in (2, 6)]
            chained = by_whole @ np.vstack([dr, dt])
            by_pose, by_place = chained[:, :6], chained[:, 6 : 6 + self.place_count]
        parts = (self.intrinsics_at(o.camera), self.place_at(o.camera), self.view_at(o.view))
        columns = np.concatenate([np.arange(part.start, part.stop) for part in parts])
        return np.hstack([by_intrinsics[:, : self.intrinsic_count], by_place, by_pose]), columns


def _with_intrinsics(camera: DistortedCamera, values: Vector) -> DistortedCamera:
    """The camera with its first intrinsics replaced."""
    if not len(values):
        return camera
    p = camera.pinhole
    fx, fy, cx, cy = (float(v) for v in values[:4])
    moved = tuple(float(v) for v in values[4:])
    pinhole = PinholeCamera(p.width_px, p.height_px, fx, fy, cx, cy)
    return replace(camera, pinhole=pinhole, coefficients=moved + camera.coefficients[len(moved) :])


def _transform(values: Vector) -> RigidTransform:
    return RigidTransform(rotation_from_axis_angle(values[:3]), values[3:].copy())


def _projection_derivatives(
    camera: DistortedCamera, pose: Vector, points_m: Vector
) -> tuple[Vector, Vector]:
    """Derivatives [2N, 6] by the pose and [2N, 4 + coefficients] by the intrinsics."""
    K, D = camera.K, opencv_coefficients(camera)
    if camera.lens is LensModel.FISHEYE:
        _, by_all = cv2.fisheye.projectPoints(points_m[:, None], pose[:3], pose[3:], K, D)
        J = np.asarray(by_all, np.float64)  # f, c, k, rotation, translation, skew
        return J[:, 8:14], J[:, :8]
    _, by_all = cv2.projectPoints(points_m, pose[:3], pose[3:], K, D)
    J = np.asarray(by_all, np.float64)
    return J[:, :6], J[:, 6 : 10 + camera.lens.coefficient_count]
