"""Made-up and real views are one type, and their transforms are exact."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.hand.model import load_hand_model
from engine.inference.crops import BACKGROUND, Crop, extract_crop
from engine.nets.fusion_frame import crops_from_rig, rig_from_crops
from engine.nets.maps import pixel_points
from engine.training.fusion_scenes import SeenHand, one_camera_hand, rig_hand
from engine.training.pseudo_views import (
    NO_CHANGE,
    PAPER_CHANGE,
    ViewBatch,
    ViewChange,
    erased,
    pseudo_views,
    random_crop,
    rig_views,
)

MODEL = load_hand_model()


@pytest.fixture(scope="module")
def hands() -> list[SeenHand]:
    rng = np.random.default_rng(4)
    return [one_camera_hand(rng, MODEL) for _ in range(4)]


@pytest.fixture(scope="module")
def amid() -> list[SeenHand]:
    """Hands before two cameras."""
    rng = np.random.default_rng(5)
    return [rig_hand(rng, MODEL, 2) for _ in range(4)]


def _truth(hands: list[SeenHand]) -> torch.Tensor:
    return torch.tensor(np.stack([hand.keypoints for hand in hands]), dtype=torch.float32)


def _agree(batch: ViewBatch, hands: list[SeenHand]) -> None:
    """Joints told to one view and brought from there to the others stay where they are."""
    uvd = crops_from_rig(_truth(hands), batch.geometry, batch.T_rig_from_camera)
    back = rig_from_crops(uvd, batch.geometry, batch.T_rig_from_camera)
    torch.testing.assert_close(back, _truth(hands)[:, None].expand_as(back), atol=1e-5, rtol=0)
    for view in range(uvd.shape[1]):
        others = crops_from_rig(back[:, view], batch.geometry, batch.T_rig_from_camera)
        torch.testing.assert_close(others, uvd, atol=1e-5 / 0.08, rtol=0)


def test_made_up_views_are_crops_of_one_image(hands: list[SeenHand]) -> None:
    patches = [hand.views[0][0] for hand in hands]
    batch = pseudo_views(patches, np.random.default_rng(0), views=3)
    assert batch.image.shape == (4, 3, 1, 128, 128)
    assert batch.T_rig_from_camera.shape == (4, 3, 4, 4)
    assert batch.geometry.centre.shape == (12, 3)
    assert batch.flat_image.shape == (12, 1, 128, 128)
    assert (batch.image[:, 0] != batch.image[:, 1]).flatten(1).any(1).all()
    _agree(batch, hands)


def test_views_of_two_cameras_are_the_same_type_and_agree(amid: list[SeenHand]) -> None:
    batch = rig_views([hand.views for hand in amid], np.random.default_rng(0))
    assert isinstance(batch, ViewBatch)
    assert batch.image.shape == (4, 2, 1, 128, 128)
    apart = batch.T_rig_from_camera[:, 0, :3, :3] - batch.T_rig_from_camera[:, 1, :3, :3]
    assert (apart.flatten(1).norm(dim=1) > 0.3).all()
    _agree(batch, amid)


def test_both_cameras_see_the_hand_where_the_transforms_say(amid: list[SeenHand]) -> None:
    """Visible surface lies near the joints, in either camera's rendered image."""
    batch = rig_views([hand.views for hand in amid], np.random.default_rng(0))
    uvd = crops_from_rig(_truth(amid), batch.geometry, batch.T_rig_from_camera).flatten(0, 1)
    points = pixel_points(batch.flat_image)
    for n in range(8):
        surface = points.position[n, :, points.foreground[n]].T
        nearest = torch.cdist(uvd[n], surface).amin(1)
        assert nearest.median() < 0.16, n  # 2 cm; a wrong transform is 10 cm off


def test_without_change_a_view_is_the_trackers_crop(hands: list[SeenHand]) -> None:
    patches = [hand.views[0][0] for hand in hands]
    batch = pseudo_views(patches, np.random.default_rng(0), 1, NO_CHANGE)
    for k, patch in enumerate(patches):
        crop = Crop(patch.camera, patch.centre, patch.cube_m)
        np.testing.assert_array_equal(batch.image[k, 0, 0], extract_crop(patch.depth_m, crop))
        assert float(batch.geometry.half_cube_m[k]) == pytest.approx(0.5 * patch.cube_m)


def test_changes_stay_within_the_papers_limits(hands: list[SeenHand]) -> None:
    patch = hands[0].views[0][0]
    rng = np.random.default_rng(1)
    crops = [random_crop(patch, rng, PAPER_CHANGE) for _ in range(400)]
    scale = np.array([crop.cube_m / patch.cube_m for crop in crops])
    shift = np.array([crop.centre - patch.centre for crop in crops])
    turn = np.array([crop.turn for crop in crops])
    for values, low, high in ((scale, 0.7, 1.3), (shift, -0.02, 0.02), (turn, -np.pi, np.pi)):
        margin = 0.05 * (high - low)
        assert low <= values.min() < low + margin
        assert high - margin < values.max() <= high


def test_erasing_takes_one_rectangle_and_nothing_else() -> None:
    image = np.zeros((128, 128), np.float32)
    always = ViewChange(erased=1.0)
    shares = []
    for seed in range(50):
        lost = erased(image, np.random.default_rng(seed), always) == BACKGROUND
        rows, columns = np.flatnonzero(lost.any(1)), np.flatnonzero(lost.any(0))
        assert lost.sum() == len(rows) * len(columns) > 0
        shares.append(lost.mean())
    assert min(shares) > 0.015
    assert max(shares) < 0.16
    assert (erased(image, np.random.default_rng(0), NO_CHANGE) == 0).all()
    assert (image == 0).all(), "the image that was given is as it was"


def test_hands_with_unequal_numbers_of_cameras_are_refused(
    hands: list[SeenHand], amid: list[SeenHand]
) -> None:
    with pytest.raises(ValueError, match="as many views"):
        rig_views([hands[0].views, amid[0].views], np.random.default_rng(0))
