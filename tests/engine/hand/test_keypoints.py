"""The keypoint and joint tables agree with each other."""

from __future__ import annotations

import numpy as np

from engine.hand.keypoints import (
    BONES,
    DISTAL_KEYPOINTS,
    FINGERS,
    JOINT_KEYPOINTS,
    JOINT_NAMES,
    JOINT_PARENTS,
    KEYPOINT_NAMES,
    KEYPOINT_PARENTS,
    TIP_JOINTS,
    TIP_KEYPOINTS,
    keypoints_from_joints_and_tips,
)


def test_joints_and_tips_make_up_the_keypoints_once_each() -> None:
    assert sorted(JOINT_KEYPOINTS + TIP_KEYPOINTS) == list(range(21))
    assert len(set(KEYPOINT_NAMES)) == 21
    assert [KEYPOINT_NAMES[k] for k in TIP_KEYPOINTS] == [f"{finger}_tip" for finger in FINGERS]


def test_the_keypoint_skeleton_is_the_joint_skeleton_with_tips() -> None:
    for joint, parent in enumerate(JOINT_PARENTS[1:], start=1):
        assert parent < joint, "kinematics runs from the wrist outwards"
        assert KEYPOINT_PARENTS[JOINT_KEYPOINTS[joint]] == JOINT_KEYPOINTS[parent]
    for tip, joint in zip(TIP_KEYPOINTS, TIP_JOINTS, strict=True):
        assert KEYPOINT_PARENTS[tip] == JOINT_KEYPOINTS[joint]


def test_bones_stay_in_one_finger() -> None:
    assert len(BONES) == 20
    for parent, child in BONES:
        finger = KEYPOINT_NAMES[child].split("_")[0]
        assert parent == 0 or KEYPOINT_NAMES[parent].split("_")[0] == finger


def test_distal_joints_are_the_fifteen_of_the_evaluation() -> None:
    names = {KEYPOINT_NAMES[k] for k in DISTAL_KEYPOINTS}
    fingers = {f"{finger}_{part}" for finger in FINGERS[1:] for part in ("pip", "dip", "tip")}
    assert names == fingers | {"thumb_mcp", "thumb_ip", "thumb_tip"}


def test_keypoints_take_each_joint_and_tip_to_its_name() -> None:
    joints = np.arange(48.0).reshape(1, 16, 3).repeat(2, 0)
    tips = -np.arange(1.0, 16.0).reshape(1, 5, 3).repeat(2, 0)
    keypoints = keypoints_from_joints_and_tips(joints, tips)
    assert keypoints.shape == (2, 21, 3)
    for joint, name in enumerate(JOINT_NAMES):
        np.testing.assert_array_equal(keypoints[1, KEYPOINT_NAMES.index(name)], joints[1, joint])
    for k, finger in enumerate(FINGERS):
        np.testing.assert_array_equal(
            keypoints[1, KEYPOINT_NAMES.index(f"{finger}_tip")], tips[1, k]
        )
