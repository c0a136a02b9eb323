"""Hands and scenes for the tests of streams: the real hand model in random poses."""

from __future__ import annotations

import socket

import numpy as np

from engine.hand.skinning import HandPose
from engine.messages import HandState, Scene, Side
from engine.runtime.clock import NS_PER_MS, monotonic_ns
from tests.engine.hand.random_poses import random_pose
from tests.fakes.hands import state_of_pose


def posed(pose: HandPose, side: Side = Side.RIGHT, hand_id: int = 1) -> HandState:
    """The state of a hand model in a pose."""
    return state_of_pose(
        pose,
        side,
        hand_id=hand_id,
        captured_ns=monotonic_ns(),
        confidence=np.linspace(0.0, 1.0, 21),
        residual_m=0.0012345,
        presence=0.97,
        weights_revision=3,
    )


def random_hand(seed: int, side: Side = Side.RIGHT) -> HandState:
    return posed(random_pose(np.random.default_rng(seed)), side)


def mirrored(hand: HandState) -> HandState:
    """The other hand in the mirror image (x -> -x) of a pose."""
    flip = np.diag([-1.0, 1.0, 1.0])
    pose = HandPose(
        flip @ hand.wrist_rotation @ flip, flip @ hand.wrist_position, hand.angles, hand.shape
    )
    return posed(pose, hand.side.other, hand.hand_id)


def scene_of(*hands: HandState, sequence: int = 1) -> Scene:
    now_ns = monotonic_ns()
    return Scene(sequence, now_ns - 7 * NS_PER_MS, hands, published_ns=now_ns)


def free_port() -> int:
    """A TCP port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
