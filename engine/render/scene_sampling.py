"""Random scenes with none to two hands: people, tables, walls and things that lie about."""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.messages import Float64, Side
from engine.render.body import (
    PALM_CENTRE_M,
    UPPER_ARM_M,
    Arm,
    Build,
    arm_mesh,
    hand_rotation,
    head_meshes,
    legs_mesh,
    outward,
    reach,
    sample_build,
    shoulder_of,
    stump_mesh,
    torso_mesh,
)
from engine.render.mesh import Mesh, merged
from engine.render.scene import HandInScene, HandLooks, SceneGeometry, palm_centre
from engine.render.surroundings import sample_surroundings

LAYOUTS = ("frontal", "side", "above", "alone")
"""A person facing the camera, one seen from the side, one seen from above, and an arm alone."""
LAYOUT_SHARES = (0.35, 0.15, 0.15, 0.35)
DARK_HAIR, DARK_THING = 0.45, 0.12
"""Chances of a person's hair and of any piece of the surroundings to be dark."""


def sample_scene(
    rng: np.random.Generator,
    camera: PinholeCamera,
    hands: tuple[HandLooks, ...],
    layout: str | None = None,
    R_hand: Float64 | None = None,
) -> SceneGeometry:
    """A random scene with these hands (none to two, of different sides) in front of `camera`.

    Args:
        layout: one of LAYOUTS; drawn where None.
        R_hand: rotation [3, 3] of the first hand in the camera's frame, used by "alone" only.
    """
    layout = layout or str(rng.choice(LAYOUTS, p=LAYOUT_SHARES))
    R_camera_from_level = _sample_mounting(rng, layout)
    down = R_camera_from_level @ np.array([0.0, 1.0, 0.0])
    target = _sample_target(rng, camera)
    dark: list[Mesh] = []
    if layout == "alone":
        solids, placed = _arms_alone(rng, camera, hands, target, R_hand)
    else:
        solids, placed, hair = _person(rng, layout, hands, target, R_camera_from_level)
        (dark if rng.random() < DARK_HAIR else solids).append(hair)
    things = sample_surroundings(rng, target, down, with_person=layout != "alone")
    lost = rng.random(len(things)) < DARK_THING
    dark += [thing for thing, is_lost in zip(things, lost, strict=True) if is_lost]
    solids += [thing for thing, is_lost in zip(things, lost, strict=True) if not is_lost]
    return SceneGeometry(layout, tuple(solids), tuple(placed), tuple(dark))


def _sample_mounting(rng: np.random.Generator, layout: str) -> Float64:
    """Rotation from level axes (x right, y down, z horizontal) to the camera's."""
    roll = rng.normal(0, 0.06)
    if layout == "above":
        pitch, roll = rng.uniform(0.8, 1.57), rng.uniform(-np.pi, np.pi)
    elif layout == "alone":
        pitch = rng.uniform(-0.4, 1.57)
        roll = rng.uniform(-np.pi, np.pi) if rng.random() < 0.3 else roll
    else:
        pitch = rng.normal(0.05, 0.22)
    turns = rotation_from_axis_angle(np.array([[pitch, 0, 0], [0, 0, roll]]))
    rotation: Float64 = turns[1] @ turns[0]
    return rotation


def _sample_target(rng: np.random.Generator, camera: PinholeCamera) -> Float64:
    """Where the first palm goes: anywhere in the picture, 0.25 to 1.2 m away."""
    z = rng.uniform(0.25, 0.75) if rng.random() < 0.75 else rng.uniform(0.75, 1.2)
    margin = min(0.42, 0.06 / z)  # a close hand must stay nearer to the middle
    u = camera.width_px * rng.uniform(margin, 1 - margin)
    v = camera.height_px * rng.uniform(margin, 1 - margin)
    return camera.unproject(np.array([u, v]), np.array(z))


def _arms_alone(
    rng: np.random.Generator,
    camera: PinholeCamera,
    hands: tuple[HandLooks, ...],
    target: Float64,
    R_hand: Float64 | None,
) -> tuple[list[Mesh], list[HandInScene]]:
    """Hands whose arms come from anywhere, the person out of the picture."""
    solids: list[Mesh] = []
    placed: list[HandInScene] = []
    for index, looks in enumerate(hands):
        if index > 0:
            target = _beside(rng, camera, target)
        build = sample_build(rng, looks.scale)
        rotation = R_hand if R_hand is not None and index == 0 else _any_rotation(rng)
        arm = _free_arm(rng, build, rotation, target)
        solids.append(arm_mesh(build, arm))
        placed.append(HandInScene(looks, arm, looks.placed(arm)))
    if not hands and rng.random() < 0.7:
        build = sample_build(rng, 1.0)
        solids.append(stump_mesh(build, _free_arm(rng, build, _any_rotation(rng), target)))
    return solids, placed


def _free_arm(rng: np.random.Generator, build: Build, R_hand: Float64, palm: Float64) -> Arm:
    """An arm behind a hand that is turned by `R_hand`, with a bent wrist and elbow."""
    wrist = palm - R_hand[:, 1] * PALM_CENTRE_M * 0.6 * build.scale
    flexion, deviation = _sample_wrist(rng)
    bend = rotation_from_axis_angle(np.array([[flexion, 0, 0], [0, 0, deviation]]))
    back = -(R_hand @ bend[0] @ bend[1])[:, 1]
    elbow = wrist + back * 0.25 * build.scale * rng.uniform(0.9, 1.2)
    onward = back + rng.normal(0, 0.6, 3)
    shoulder = elbow + onward / np.linalg.norm(onward) * UPPER_ARM_M * build.scale
    return Arm(shoulder, elbow, wrist, R_hand)


def _person(
    rng: np.random.Generator,
    layout: str,
    hands: tuple[HandLooks, ...],
    target: Float64,
    R_camera_from_level: Float64,
) -> tuple[list[Mesh], list[HandInScene], Mesh]:
    """A person who holds the first hand's palm at `target`: body, hands, hair."""
    build = sample_build(rng, hands[0].scale if hands else rng.uniform(0.75, 1.1))
    arms = _sample_arms(rng, build, hands)
    R = R_camera_from_level @ _sample_heading(rng, layout)
    if hands:
        anchor = palm_centre(hands[0].placed(arms[hands[0].side]).keypoints)
    else:
        anchor = np.array([rng.uniform(0.1, 0.4), rng.uniform(-0.3, 0.3), rng.uniform(-0.4, 0.15)])
        target = target * rng.uniform(1.0, 2.2)
    offset = target - R @ anchor
    head, hair = head_meshes(rng, build)
    body = merged([torso_mesh(rng, build), head, legs_mesh(rng, build, rng.random() < 0.6)])
    solids = [body.moved(R, offset)]
    placed = []
    shown = {looks.side: looks for looks in hands}
    for side in Side:
        arm = arms[side].moved(R, offset)
        if side in shown:
            solids.append(arm_mesh(build, arm))
            placed.append(HandInScene(shown[side], arm, shown[side].placed(arm)))
        else:
            solids.append(stump_mesh(build, arm))
    placed.sort(key=lambda hand: [looks.side for looks in hands].index(hand.looks.side))
    return solids, placed, hair.moved(R, offset)


def _sample_arms(
    rng: np.random.Generator, build: Build, hands: tuple[HandLooks, ...]
) -> dict[Side, Arm]:
    """Arms in the body frame: shown hands before the body, the others out of the way."""
    arms: dict[Side, Arm] = {}
    shown = {looks.side for looks in hands}
    for side in Side:
        out = outward(side)
        if side in shown:
            wrist = np.array(
                [rng.uniform(0.2, 0.52), out * rng.uniform(-0.08, 0.42), rng.uniform(-0.45, 0.22)]
            )
            hint = np.array(
                [rng.normal(-0.2, 0.5), out * rng.uniform(0, 1.2), rng.normal(-0.6, 0.7)]
            )
        else:
            wrist, hint = _hidden_arm(rng, out, stump_shown=not hands and rng.random() < 0.3)
        arms[side] = _arm(rng, build, side, wrist * build.scale, hint)
    return arms


def _hidden_arm(rng: np.random.Generator, out: float, stump_shown: bool) -> tuple[Float64, Float64]:
    """Wrist and elbow hint of an arm that hangs, is behind the back, or ends in a stump."""
    if stump_shown:
        wrist = np.array([rng.uniform(0.2, 0.5), out * rng.uniform(0, 0.4), rng.uniform(-0.4, 0.2)])
    elif rng.random() < 0.5:
        wrist = np.array([rng.uniform(-0.05, 0.1), out * rng.uniform(0.24, 0.32), -0.58])
    else:
        wrist = np.array([-0.2, out * rng.uniform(-0.05, 0.15), rng.uniform(-0.5, -0.3)])
    return wrist, np.array([-1.0, out * 0.8, -0.2])


def _arm(rng: np.random.Generator, build: Build, side: Side, wrist: Float64, hint: Float64) -> Arm:
    shoulder = shoulder_of(build, side)
    elbow, wrist = reach(build, side, wrist, hint)
    flexion, deviation = _sample_wrist(rng)
    pronation = rng.uniform(-1.9, 1.9)
    rotation = hand_rotation(side, elbow - shoulder, wrist - elbow, pronation, flexion, deviation)
    return Arm(shoulder, elbow, wrist, rotation)


def _sample_wrist(rng: np.random.Generator) -> tuple[float, float]:
    """Flexion and deviation of the wrist, radians."""
    return (
        float(np.clip(rng.normal(-0.1, 0.4), -1.1, 1.1)),
        float(np.clip(rng.normal(0.05, 0.2), -0.4, 0.5)),
    )


def _sample_heading(rng: np.random.Generator, layout: str) -> Float64:
    """Rotation from the body frame (forward, left, up) to level camera axes."""
    if layout == "frontal":
        heading = rng.normal(0, 0.4)
    elif layout == "side":
        heading = rng.choice([-1, 1]) * rng.uniform(0.8, 2.2)
    else:
        heading = rng.uniform(-np.pi, np.pi)
    facing = np.array([[0.0, 1, 0], [0, 0, -1], [-1, 0, 0]])  # forward is towards the camera
    lean = np.array([[0, 0, heading], [0, rng.normal(0.1, 0.15), 0], [rng.normal(0, 0.08), 0, 0]])
    turns = rotation_from_axis_angle(lean)
    rotation: Float64 = facing @ turns[0] @ turns[1] @ turns[2]
    return rotation


def _any_rotation(rng: np.random.Generator) -> Float64:
    """Palm and back most often; every other view too."""
    roll = rng.normal(0, 0.6) + rng.choice([0.0, np.pi])
    if rng.random() < 0.35:
        roll = rng.uniform(-np.pi, np.pi)
    tilt = np.clip(rng.normal(0, 0.6), -1.4, 1.4)
    turns = rotation_from_axis_angle(
        np.array([[0, 0, rng.uniform(-np.pi, np.pi)], [tilt, 0, 0], [0, roll, 0]])
    )
    rotation: Float64 = turns[0] @ turns[1] @ turns[2]
    return rotation


def _beside(rng: np.random.Generator, camera: PinholeCamera, first: Float64) -> Float64:
    """A place for the second palm: not inside the first hand, in the picture."""
    for _ in range(20):
        second = _sample_target(rng, camera)
        second = second * np.clip(first[2] + rng.normal(0, 0.12), 0.25, 1.2) / second[2]
        if np.linalg.norm(second - first) > 0.16:
            break
    return second
