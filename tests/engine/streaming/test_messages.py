"""The JSON messages: every field, in every axis system, and read back as numbers."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calibration.transforms import rotation_from_quaternion
from engine.export.axes import PRESETS
from engine.hand.articulation import ANGLE_NAMES
from engine.hand.keypoints import BONES, JOINT_KEYPOINTS, JOINT_PARENTS, KEYPOINT_NAMES
from engine.hand.model import hand_of, load_hand_model
from engine.messages import Side
from engine.streaming.messages import VERSION, SceneMessages, Topic, greeting
from engine.streaming.openxr import JOINT_NAMES
from tests.engine.streaming.hands import random_hand, scene_of
from tests.shared_data import REPOSITORY

ROUNDED = 1e-6


@pytest.fixture(scope="module")
def messages() -> SceneMessages:
    return SceneMessages()


def read(text: str) -> dict[str, Any]:
    """As any strict parser does: NaN is no JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_scene_says_when_and_what(messages: SceneMessages) -> None:
    hand = random_hand(1)
    scene = scene_of(hand, sequence=42)
    said = read(messages.encode(scene, Topic.HANDTUNE, "opencv"))
    assert said["type"] == "scene"
    assert said["format"] == "handtune.hands"
    assert said["version"] == VERSION == 1
    assert (said["sequence"], said["captured_ns"]) == (42, scene.captured_ns)
    assert said["unix_time_s"] == pytest.approx(time.time(), abs=5.0)
    assert said["latency_ms"] == pytest.approx(7.0, abs=1e-3)
    assert said["axes"] == "opencv"
    (told,) = said["hands"]
    assert (told["id"], told["side"], told["weights_revision"]) == (1, "right", 3)
    assert told["presence"] == pytest.approx(0.97)
    assert told["residual_m"] == pytest.approx(0.0012345, abs=ROUNDED)
    np.testing.assert_allclose(told["joints"], hand.joints, atol=ROUNDED)
    np.testing.assert_allclose(told["wrist"]["position"], hand.wrist_position, atol=ROUNDED)
    np.testing.assert_allclose(told["confidence"], hand.confidence, atol=ROUNDED)
    np.testing.assert_allclose(told["angles"], hand.angles, atol=ROUNDED)
    np.testing.assert_allclose(
        rotation_from_quaternion(np.array(told["wrist"]["rotation"])),
        hand.wrist_rotation,
        atol=1e-5,
    )


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("axes", PRESETS)
def test_rotations_place_the_person_s_bones(messages: SceneMessages, axes: str, side: Side) -> None:
    """Local ones chain to global ones, and those turn the bones at rest onto the joints."""
    hand = random_hand(7, side)
    (told,) = read(messages.encode(scene_of(hand), Topic.HANDTUNE, axes))["hands"]
    local = rotation_from_quaternion(np.array(told["rotations_local"]))
    world = rotation_from_quaternion(np.array(told["rotations_global"]))
    np.testing.assert_allclose(np.linalg.norm(told["rotations_local"], axis=1), 1.0, atol=1e-5)
    rest = PRESETS[axes].points(hand_of(side).rest_keypoints(hand.shape))
    joints = np.array(told["joints"])
    np.testing.assert_array_equal(told["rotations_local"][0], told["rotations_global"][0])
    for joint in range(1, 16):
        parent = JOINT_PARENTS[joint]
        np.testing.assert_allclose(world[joint], world[parent] @ local[joint], atol=1e-5)
    for start, end in BONES:
        turn = world[JOINT_KEYPOINTS.index(start)]
        np.testing.assert_allclose(
            joints[end] - joints[start],
            turn @ (rest[end] - rest[start]),
            atol=1e-5 * PRESETS[axes].units_per_m,
        )


def test_openxr_has_26_joints_in_order(messages: SceneMessages) -> None:
    hand = random_hand(2, Side.LEFT)
    said = read(messages.encode(scene_of(hand), Topic.OPENXR, "unity"))
    assert (said["format"], said["axes"]) == ("handtune.openxr", "openxr")
    (told,) = said["hands"]
    assert (told["side"], told["is_active"], len(told["joints"])) == ("left", True, 26)
    wrist = told["joints"][JOINT_NAMES.index("wrist")]
    np.testing.assert_allclose(wrist["position"], hand.joints[0] * [1, -1, -1], atol=ROUNDED)
    for joint in told["joints"]:
        assert np.linalg.norm(joint["orientation"]) == pytest.approx(1.0, abs=1e-5)
        assert joint["radius"] > 0


@pytest.mark.parametrize("topic", Topic)
def test_an_empty_scene_is_a_message_too(messages: SceneMessages, topic: Topic) -> None:
    assert read(messages.encode(scene_of(), topic, "opencv"))["hands"] == []


@pytest.mark.parametrize("topic", Topic)
def test_what_is_not_finite_becomes_null(messages: SceneMessages, topic: Topic) -> None:
    hand = random_hand(4)
    joints, confidence = hand.joints.copy(), hand.confidence.copy()
    joints[8], confidence[3] = np.nan, np.inf
    hand = replace(hand, joints=joints, confidence=confidence, residual_m=float("nan"))
    (told,) = read(messages.encode(scene_of(hand), topic, "opencv"))["hands"]
    if topic is Topic.HANDTUNE:
        assert told["joints"][8] == [None, None, None]
        assert told["joints"][7] == pytest.approx(joints[7].tolist(), abs=ROUNDED)
        assert told["confidence"][3] is None
        assert told["residual_m"] is None
    else:
        assert told["joints"][JOINT_NAMES.index("index_tip")]["position"] == [None] * 3


def test_the_greeting_names_the_numbers(messages: SceneMessages) -> None:
    said = read(greeting(Topic.HANDTUNE, "unreal"))
    assert (said["type"], said["version"], said["axes"]) == ("hello", 1, "unreal")
    assert said["units"]["length"] == "cm"
    assert "left-handed" in said["axes_words"]
    assert tuple(said["joint_names"]) == KEYPOINT_NAMES
    assert tuple(said["angle_names"]) == ANGLE_NAMES
    assert len(said["rotation_names"]) == len(said["rotation_parents"]) == 16
    (told,) = read(messages.encode(scene_of(random_hand(1)), Topic.HANDTUNE, "unreal"))["hands"]
    for names, field in (
        ("joint_names", "joints"),
        ("joint_names", "confidence"),
        ("angle_names", "angles"),
        ("rotation_names", "rotations_local"),
    ):
        assert len(said[names]) == len(told[field])
    openxr = read(greeting(Topic.OPENXR, "unreal"))
    assert (openxr["axes"], openxr["units"]["length"]) == ("openxr", "m")
    assert tuple(openxr["joint_names"]) == JOINT_NAMES
    assert [openxr["joint_names"][k] for k in openxr["derived_joints"]] == [
        "palm",
        *(f"{finger}_metacarpal" for finger in ("index", "middle", "ring", "little")),
    ]


def test_every_field_is_documented_and_no_other(messages: SceneMessages) -> None:
    text = (REPOSITORY / "docs" / "streaming.md").read_text()
    sections = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    told = {
        title: re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        for title, section in sections.items()
    }
    scene = read(messages.encode(scene_of(random_hand(1)), Topic.HANDTUNE, "opencv"))
    assert told["Every message"] + told["A scene"] == [
        *("type", "format", "version", "axes"),
        *(field for field in scene if field not in ("type", "format", "version", "axes")),
    ]
    (hand,) = scene["hands"]
    assert sorted(told["A hand on `/handtune`"]) == sorted(hand)
    assert told["Axes"] == list(PRESETS)
    for name in read(messages.encode(scene_of(random_hand(1)), Topic.OPENXR, ""))["hands"][0]:
        assert f"`{name}`" in sections["A hand on `/openxr`"]


def test_another_hand_model_is_used_as_given() -> None:
    from engine.streaming.skeleton import Skeletons

    given = replace(load_hand_model(), name="other")
    assert Skeletons(given).model(Side.RIGHT) is given
    assert Skeletons(given).model(Side.LEFT).side is Side.LEFT
