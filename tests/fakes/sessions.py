"""Small frames, hands and headers with everything in them, for tests of session files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.hand.skinning import HandPose
from engine.messages import Frame, HandState, HandTruth, Picture, Scene, Side
from engine.recording.layout import PictureInfo, SessionHeader
from tests.fakes.cameras import SMALL
from tests.fakes.hands import state_of_pose

UNIT_M = 0.001
FRAME_NS = 33_333_333
T_DEPTH_FROM_RIGHT = RigidTransform(
    rotation_from_axis_angle(np.array([0.01, -0.02, 0.03])), np.array([0.05, 0.001, -0.0002])
)


def header() -> SessionHeader:
    """Of a session of `stereo_frame`s."""
    return SessionHeader(
        program_version="0.1.0",
        created="2026-01-02T03:04:05Z",
        started_ns=1_000,
        source_uri="fake:",
        source_name="Fake camera",
        camera=SMALL,
        fps=30.0,
        depth_unit_m=UNIT_M,
        pictures=(
            PictureInfo("left", SMALL, RigidTransform.identity()),
            PictureInfo("right", SMALL, T_DEPTH_FROM_RIGHT),
        ),
        has_truth=True,
        hand_model="webxr",
    )


def quantised_frame(sequence: int, captured_ns: int | None = None) -> Frame:
    """Noise in whole millimetres; the same number gives the same frame."""
    raw = np.random.default_rng(sequence).integers(0, 4000, (12, 16)).astype(np.uint16)
    return Frame(
        camera_id="fake:",
        sequence=sequence,
        captured_ns=1_000_000_000 + sequence * FRAME_NS if captured_ns is None else captured_ns,
        camera=SMALL,
        depth_m=raw.astype(np.float32) * np.float32(UNIT_M),
        depth_unit_m=UNIT_M,
        source_ns=sequence * FRAME_NS,
        name=f"{sequence:04d}",
    )


def stereo_frame(sequence: int) -> Frame:
    """As `quantised_frame`, with colour, two infrared images and the truth of two hands."""
    plain = quantised_frame(sequence)
    rng = np.random.default_rng(1000 + sequence)
    pixels = [rng.integers(0, 255, (12, 16)).astype(np.uint8) for _ in range(2)]
    partly = rng.random((21, 3))
    partly[4] = np.nan
    return Frame(
        camera_id=plain.camera_id,
        sequence=sequence,
        captured_ns=plain.captured_ns,
        camera=SMALL,
        depth_m=plain.depth_m,
        color=rng.integers(0, 255, (12, 16, 3)).astype(np.uint8),
        truth=(
            HandTruth(Side.RIGHT, rng.random((21, 3)), rng.random((30, 3))),
            HandTruth(Side.LEFT, partly),
        ),
        name=plain.name,
        source_ns=plain.source_ns,
        depth_unit_m=UNIT_M,
        pictures=(
            Picture("left", plain.captured_ns + 5, SMALL, RigidTransform.identity(), pixels[0]),
            Picture("right", plain.captured_ns + 6, SMALL, T_DEPTH_FROM_RIGHT, pixels[1]),
        ),
    )


def tracked_hand(side: Side, captured_ns: int = 1_000_000_000) -> HandState:
    """A posed hand, as the estimator makes one."""
    rng = np.random.default_rng(17)
    pose = HandPose(
        wrist_rotation=rotation_from_axis_angle(rng.normal(0, 1, 3)),
        wrist_position=np.array([0.02, -0.03, 0.5]),
        angles=rng.normal(0, 0.2, 22),
        shape=rng.normal(0, 1, 10),
    )
    hand = state_of_pose(
        pose,
        side,
        hand_id=3,
        captured_ns=captured_ns,
        confidence=rng.random(21),
        residual_m=0.00123,
        presence=0.987,
        weights_revision=4,
    )
    return replace(hand, network_joints=hand.joints + rng.normal(0, 0.01, (21, 3)))


def scene_of(frame: Frame) -> Scene:
    """One tracked hand in that frame."""
    hand = tracked_hand(Side.RIGHT, frame.captured_ns)
    return Scene(frame.sequence, frame.captured_ns, (hand,), frame.captured_ns + 9_000_000)
