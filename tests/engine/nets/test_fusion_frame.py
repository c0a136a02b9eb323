"""Views agree where their joints are the same points; palms give axes that turn with the hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from calibration.transforms import rotation_from_axis_angle
from engine.inference.single_view import pose_vector
from engine.nets.fusion_frame import (
    REACH_M,
    FusionFrame,
    crops_from_rig,
    palm_rotation,
    rig_from_crops,
    vectors_of_poses,
)
from engine.nets.pose_vector import PoseVector
from tests.engine.nets.rigs import random_rig


@pytest.mark.parametrize("seed", range(3))
def test_every_view_brings_its_joints_to_the_same_places(seed: int) -> None:
    views, joints = random_rig(seed, hands=4, views=3)
    in_rig = rig_from_crops(views.joints, views.geometry, views.T_rig_from_camera)
    torch.testing.assert_close(in_rig, joints[:, None].expand_as(in_rig), atol=1e-5, rtol=0)
    back = crops_from_rig(joints, views.geometry, views.T_rig_from_camera)
    torch.testing.assert_close(back, views.joints, atol=1e-5, rtol=0)


def test_palm_coordinates_come_back() -> None:
    views, joints = random_rig(1)
    frame = FusionFrame.of(views.joints, views.geometry, views.T_rig_from_camera)
    places = frame.to_palm(views.joints)
    assert places.abs().max() < 0.25 / REACH_M
    torch.testing.assert_close(frame.palm_to_rig(places[:, 0]), joints, atol=1e-5, rtol=0)
    torch.testing.assert_close(frame.rig_to_crops(joints), views.joints, atol=1e-5, rtol=0)


def test_palm_axes_turn_with_the_hand() -> None:
    joints = random_rig(2).joints
    R = torch.from_numpy(rotation_from_axis_angle(np.array([0.3, -1.2, 0.8]))).float()
    axes = palm_rotation(joints)
    identity = torch.eye(3).expand(len(joints), 3, 3)
    torch.testing.assert_close(axes @ axes.transpose(1, 2), identity, atol=1e-5, rtol=0)
    assert (torch.linalg.det(axes) > 0.99).all()
    torch.testing.assert_close(palm_rotation(joints @ R.T), R @ axes, atol=1e-4, rtol=0)
    along = joints[:, 9] - joints[:, 0]
    cosine = (axes[:, :, 1] * along).sum(1) / along.norm(dim=1)
    torch.testing.assert_close(cosine, torch.ones_like(cosine), atol=1e-4, rtol=0)


def test_joints_in_one_place_have_axes_too() -> None:
    axes = palm_rotation(torch.zeros(2, 21, 3))
    torch.testing.assert_close(axes @ axes.transpose(1, 2), torch.eye(3).expand(2, 3, 3))


def test_pose_vectors_are_those_of_the_numpy_code() -> None:
    """One made-up pose in the rig, told to every view as the live code tells it to a crop."""
    from engine.hand.skinning import HandPose
    from engine.inference.crops import Crop

    views, _ = random_rig(3, hands=2, views=2)
    geometry, T = views.geometry, views.T_rig_from_camera
    rng = np.random.default_rng(0)
    R = rotation_from_axis_angle(rng.normal(0, 1, (2, 3)))
    angles, shape = rng.normal(size=(2, 22)), rng.normal(size=(2, 10))
    at = rng.normal(0, 0.1, (2, 3))
    pose = PoseVector(*(torch.from_numpy(v).float() for v in (angles, shape, R, at)))
    vectors = vectors_of_poses(pose, geometry, T)
    for hand in range(2):
        for view in range(2):
            n = 2 * hand + view
            T_camera_from_rig = np.linalg.inv(T[hand, view].double().numpy())
            in_camera = HandPose(
                T_camera_from_rig[:3, :3] @ R[hand],
                T_camera_from_rig[:3, :3] @ at[hand] + T_camera_from_rig[:3, 3],
                angles[hand],
                shape[hand],
            )
            crop = Crop(
                camera=None,  # type: ignore[arg-type]  # no pixel is asked for
                centre=geometry.centre[n].double().numpy(),
                cube_m=2 * float(geometry.half_cube_m[n]),
                turn=float(geometry.turn[n]),
            )
            expected = pose_vector(crop, in_camera)
            np.testing.assert_allclose(vectors[hand, view], expected, atol=2e-5)
