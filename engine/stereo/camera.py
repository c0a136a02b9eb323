"""A stereo camera as a depth camera: pairs, rectified and matched on the thread that reads.

Depth is that of the rectified left picture; the rectified pictures come along with every frame, for
estimators that want to see them. Everything behind it works as with any depth camera.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.dense_range import why_no_dense_depth
from calibration.errors import CalibrationError
from calibration.rectification import Rectification, rectification
from calibration.stored_rig import StoredRig, check_cameras
from calibration.transforms import RigidTransform
from engine.capture.camera import CameraInfo
from engine.errors import RigError, SourceError
from engine.messages import Frame, HandTruth, Picture, Scene
from engine.runtime.clock import NS_PER_MS
from engine.runtime.contexts import CloseOnExit
from engine.stereo.drift_watch import DriftWatch
from engine.stereo.expected_hands import ExpectedHands
from engine.stereo.matching import StereoMatcher
from engine.stereo.pair import PairInfo, PairSource, Pixels, RawPair
from engine.stereo.rectified import Rectifier
from engine.stereo.status import StereoStatus

LARGEST_SKEW_MS = 10.0
"""A hand that moves by 0.3 m/s goes 3 mm in that time, at half a metre three pixels."""
HOPELESS_PAIRS = 90
"""So many pairs in a row that are too far apart are no accident."""
JUDGED_AT_M = 0.5
WIDEST_PX, WORKING_WIDTH_PX = 800, 640
"""Matching has to keep up with the hand: wider pictures than the first are matched at the second
width. A hand is 100 to 300 pixels wide then."""


class StereoCamera(CloseOnExit):
    """A source of pairs with a rig."""

    def __init__(
        self,
        source: PairSource,
        stored: StoredRig,
        largest_skew_ms: float = LARGEST_SKEW_MS,
        *,
        view: PinholeCamera | None = None,
        look_for_drift: bool = False,
    ) -> None:
        """Takes over the source, and closes it where the rig does not fit.

        `view` is that of the rectified pictures, where not the rig's own is wanted.
        `look_for_drift`: see whether the pairs still fit the rig.

        Raises:
            SourceError: the rig is for other cameras, or gives no dense depth; one sentence.
        """
        self._source = source
        try:
            rectified = checked_rectification(stored, source.info)
        except BaseException:
            source.close()
            raise
        rectified = replace(rectified, camera=view or working_view(rectified.camera))
        self._rectifier = Rectifier(rectified)
        self._matcher = StereoMatcher(rectified.camera.fx, rectified.baseline_m)
        self._largest_skew_ns = round(largest_skew_ms * NS_PER_MS)
        self._expected = ExpectedHands(rectified.camera)
        self._far_apart = 0
        self._watch = _drift_watch(source.info, stored) if look_for_drift else None
        self._status = StereoStatus(checking=look_for_drift)
        self._info = _info(source.info, rectified, stored)

    @property
    def info(self) -> CameraInfo:
        return self._info

    @property
    def stereo(self) -> StereoStatus:
        """A frozen value, replaced whole."""
        return self._status

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame; see `engine.capture.camera.Camera.read`."""
        pair = self._pair_in_time(timeout_s)
        if self._watch is not None:
            self._watch.offer(pair)
            drift, checking = self._watch.check, self._watch.looking
            self._status = replace(self._status, drift=drift, checking=checking)
        return self._frame(pair)

    def expect(self, scene: Scene) -> None:
        """Match the next pairs best where a scene shows hands."""
        self._expected.tell(scene)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        self._source.close()

    def _pair_in_time(self, timeout_s: float) -> RawPair:
        """The next pair whose pictures are of one moment."""
        deadline = time.monotonic() + timeout_s
        while True:
            pair = self._source.read_pair(max(deadline - time.monotonic(), 0.001))
            together = pair.skew_ns <= self._largest_skew_ns
            self._status = replace(
                self._status,
                pairs=self._status.pairs + 1,
                dropped=self._status.dropped + (not together),
                skew_ms=pair.skew_ns / NS_PER_MS,
            )
            if together:
                self._far_apart = 0
                return pair
            self._far_apart += 1
            if self._far_apart >= HOPELESS_PAIRS:
                raise SourceError(
                    f"{self._info.name}: the two pictures of every pair are "
                    f"{self._status.skew_ms:.0f} ms apart, at most "
                    f"{self._largest_skew_ns / NS_PER_MS:.0f} ms are allowed; use cameras that are "
                    "triggered together, or allow more with ?skew=MS and move slowly."
                )
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._info.name} gave no pair of one moment")

    def _frame(self, pair: RawPair) -> Frame:
        left, right = self._rectifier.left(pair.left), self._rectifier.right(pair.right)
        matched = self._matcher.match(left, right, self._expected.boxes())
        depth = np.where(self._rectifier.left_seen, matched.depth_m, np.float32(0))
        T = self._rectifier.rectification.T_rectified_from_left
        return Frame(
            camera_id=self._info.uri,
            sequence=pair.sequence,
            captured_ns=min(pair.left_ns, pair.right_ns),
            camera=self._info.camera,
            depth_m=depth,
            color=_rgb(left),
            truth=tuple(_moved(hand, T) for hand in pair.truth),
            name=pair.name,
            source_ns=pair.source_ns,
            pictures=self._pictures(pair, left, right),
        )

    def _pictures(self, pair: RawPair, left: Pixels, right: Pixels) -> tuple[Picture, ...]:
        baseline = self._rectifier.rectification.baseline_m
        places = (RigidTransform.identity(), _beside(baseline))
        parts = zip(
            ("left", "right"), (pair.left_ns, pair.right_ns), places, (left, right), strict=True
        )
        return tuple(
            Picture(name, captured_ns, self._info.camera, T, pixels)
            for name, captured_ns, T, pixels in parts
        )


def checked_rectification(stored: StoredRig, info: PairInfo) -> Rectification:
    """The rectification of a rig for these cameras.

    Raises:
        RigError: the rig is for other cameras or another resolution.
        SourceError: it is swapped, or too wide for dense depth.
    """
    try:
        check_cameras(
            stored, info.left_size_px, info.right_size_px, info.left_serial, info.right_serial
        )
    except CalibrationError as error:
        raise RigError(str(error)) from error
    check_dense(stored, info.name)
    return rectification(stored.rig)


def working_view(camera: PinholeCamera) -> PinholeCamera:
    """A rectified camera at the resolution that is matched: larger pictures are made smaller."""
    if camera.width_px <= WIDEST_PX:
        return camera
    return camera.scaled(WORKING_WIDTH_PX / camera.width_px)


def check_dense(stored: StoredRig, name: str) -> None:
    """
    Raises:
        SourceError: the pictures of this rig are swapped, or too different to be matched pixel by
            pixel.
    """
    sentence = why_no_dense_depth(stored.rig)
    if sentence is not None:
        raise SourceError(f"{name}: so wide a baseline gives no dense depth. {sentence}")
    if rectification(stored.rig).baseline_m < 0:
        raise SourceError(
            f"{name}: the rig file has the right camera on the left side; swap the two sources, "
            "or calibrate again."
        )


def _drift_watch(info: PairInfo, stored: StoredRig) -> DriftWatch:
    known = np.inf if stored.quality is None else stored.quality.epipolar_px
    calibrated_px = float(known) if np.isfinite(known) else None
    return DriftWatch(stored.rig, calibrated_px, live=info.live, pairs=info.frame_count)


def _info(info: PairInfo, rectified: Rectification, stored: StoredRig) -> CameraInfo:
    return CameraInfo(
        uri=info.uri,
        name=info.name,
        camera=rectified.camera,
        fps=info.fps,
        live=info.live,
        has_truth=info.has_truth,
        frame_count=info.frame_count,
        device=info.device,
        firmware=info.firmware,
        depth_error_at_half_metre_m=stored.expected_depth_error_m(JUDGED_AT_M),
    )


def _rgb(picture: Pixels) -> Pixels:
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, -1)


def _beside(baseline_m: float) -> RigidTransform:
    return RigidTransform(np.eye(3), np.array([baseline_m, 0.0, 0.0]))


def _moved(hand: HandTruth, T: RigidTransform) -> HandTruth:
    vertices = None if hand.vertices is None else T.apply(hand.vertices)
    return replace(hand, joints=T.apply(hand.joints), vertices=vertices)
