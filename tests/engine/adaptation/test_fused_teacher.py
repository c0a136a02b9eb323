"""Made-up views of a lesson, fused: nearer to the truth, in any crop, and silent where refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.adaptation.fused_teacher import FusedTeacher, load_fusion
from engine.adaptation.learner import Learner
from engine.adaptation.lesson_crops import plain_crop
from engine.adaptation.sample import sample_of
from engine.adaptation.settings import FusionSettings, LearnSettings
from engine.adaptation.teacher import Lesson
from engine.errors import WeightsError
from engine.inference.fitting import surface_of
from engine.losses.objective import Objective, distilling
from engine.losses.views import FittedViews, Fused, ViewFitter
from engine.nets.crop_geometry import CropGeometry
from engine.nets.pose_vector import split_pose
from engine.nets.single_view import SingleViewConfig, SingleViewNet
from engine.training.pseudo_views import JITTER, random_crop
from engine.weights_manifest import MANIFEST_NAME, WEIGHTS_FOLDER
from tests.engine.adaptation.film import healthy, model, sighting_of
from tests.engine.adaptation.test_learner import lessons, network, rehearsal

ALL_BELIEVED = FusionSettings(worst_depth=1e6, worst_points=1e6)
NONE_BELIEVED = FusionSettings(worst_points=0.0)


@cache
def fitter() -> ViewFitter:
    return ViewFitter(model())


def teacher(settings: FusionSettings = ALL_BELIEVED) -> FusedTeacher:
    fusion, rng = load_fusion(network()), np.random.default_rng(3)
    return FusedTeacher(fusion, fitter(), surface_of(model()), settings, rng)


def plain(some: tuple[Lesson, ...] | None = None) -> CropGeometry:
    return CropGeometry.of([plain_crop(lesson) for lesson in some or lessons()])


def taught(settings: FusionSettings, joints: Tensor | None = None) -> FittedViews:
    """Views whose hand is the careful fit's and whose joints are `joints`, or the fused ones."""
    fused = teacher(settings).teach(network(), lessons(), plain())
    image = torch.ones(len(lessons()), 1, 128, 128)
    pose = split_pose(torch.zeros(len(lessons()), 41) + 0.1)
    views = fitter()(image, plain(), fused.joints if joints is None else joints, pose)
    return views._replace(fused=fused)


def test_fused_joints_are_nearer_to_the_truth_than_the_networks_own() -> None:
    rng, made, truth = np.random.default_rng(14), [], []
    for k in range(6):
        shot = healthy(rng)
        sighting = sighting_of(shot, k, trusted=1.0)
        sample = None if sighting is None else sample_of(sighting)
        assert sample is not None
        assert shot.joints is not None
        made.append(Lesson(sample, sample.pose, sample.keypoints, np.ones(21), 0.002, 1.0))
        truth.append(shot.joints)
    hands = teacher().fuse(network(), made)
    own = np.stack([lesson.sample.network_joints for lesson in made])
    fused = np.stack([hand.joints.numpy() for hand in hands])
    errors = [np.linalg.norm(joints - np.stack(truth), axis=-1).mean() for joints in (fused, own)]
    assert errors[0] < 0.95 * errors[1]
    through = np.stack([hand.keypoints.numpy() for hand in hands])
    assert np.linalg.norm(through - fused, axis=-1).mean() < 0.006


def test_the_same_hand_is_told_to_every_crop() -> None:
    rng, made = np.random.default_rng(8), teacher()
    crops = [random_crop(lesson.sample.patch, rng, JITTER) for lesson in lessons()]
    turned = CropGeometry.of(crops)
    in_plain = made.teach(network(), lessons(), plain())
    in_turned = made.teach(network(), lessons(), turned)
    assert not torch.allclose(in_plain.joints, in_turned.joints, atol=0.05)
    for name in ("joints", "keypoints", "vertices"):
        there = plain().to_camera(getattr(in_plain, name))
        again = turned.to_camera(getattr(in_turned, name))
        torch.testing.assert_close(there, again, atol=1e-5, rtol=0)
    assert torch.equal(in_plain.confidence, in_turned.confidence)


def test_the_loss_falls_as_joints_move_to_the_fused_ones() -> None:
    objective = Objective((distilling(1.0),)).without(["distil_mesh"])
    target = taught(ALL_BELIEVED).joints
    off = 0.1 * torch.randn(target.shape, generator=torch.Generator().manual_seed(1))
    losses = [float(objective(taught(ALL_BELIEVED, target + s * off))[0]) for s in (1, 0.5, 0)]
    assert losses[0] > losses[1] > losses[2] == 0.0
    moved = (target + off).requires_grad_()
    views = taught(ALL_BELIEVED)._replace(joints=moved)
    (gradient,) = torch.autograd.grad(objective(views)[0], moved)
    assert (gradient * off).sum() > 0, "a step against the gradient goes to the fused joints"


def test_hands_that_the_image_speaks_against_teach_nothing() -> None:
    views = taught(NONE_BELIEVED)
    joints = (views.joints + 0.1).requires_grad_()
    assert views.fused is not None
    assert torch.equal(views.fused.confidence, torch.zeros(len(joints), 21))
    total, _ = Objective((distilling(1.0),))(views._replace(joints=joints))
    total.backward()  # type: ignore[no-untyped-call]
    assert float(total.detach()) == 0.0
    assert joints.grad is not None
    assert not joints.grad.any()


def test_fused_hands_are_kept_for_a_while() -> None:
    made = teacher(replace(ALL_BELIEVED, again=3))
    first = _joints(made)
    assert torch.equal(_joints(made), first)
    assert torch.equal(_joints(made), first)
    fresh = _joints(made)  # the views are others
    assert not torch.equal(fresh, first)
    made.restart()
    assert not torch.equal(_joints(made), fresh)


def test_a_lesson_that_was_taught_anew_is_fused_anew() -> None:
    made = teacher()
    first = _joints(made)
    again = (replace(lessons()[0], residual_m=0.001), *lessons()[1:])
    fused = made.teach(network(), again, plain(again)).joints
    assert not torch.equal(fused[0], first[0])
    assert torch.equal(fused[1:], first[1:])


@pytest.mark.slow
def test_the_learner_listens_to_fused_views_and_can_leave_them_out() -> None:
    said = {}
    for name, changed in {
        "without": {"fusion": 0.0},
        "with": {"fusion": 100.0, "fusing": ALL_BELIEVED},
        "refused": {"fusion": 100.0, "fusing": NONE_BELIEVED},
        "left out": {"fusion": 100.0, "fusing": ALL_BELIEVED, "left_out": ("distil",)},
    }.items():
        settings = replace(LearnSettings(personal=0, lessons=3, source=2), **changed)  # type: ignore[arg-type]
        made = Learner(network(), model(), settings, rehearsal(), np.random.default_rng(0))
        said[name] = made.step(lessons(), [])["self-supervised"]
    assert said["with"] > said["without"] > 0
    assert said["refused"] == said["without"] == said["left out"]


def test_a_missing_fusion_network_is_one_sentence(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS_FOLDER / MANIFEST_NAME, tmp_path)
    with pytest.raises(WeightsError, match=r"fusion_depth\.safetensors' is missing; restore it"):
        load_fusion(network(), tmp_path)


def test_a_network_of_other_features_is_refused() -> None:
    narrow = SingleViewNet(SingleViewConfig(width=0.25))
    with pytest.raises(WeightsError, match="expected a single-view network with 64 features"):
        load_fusion(narrow)


def _joints(made: FusedTeacher) -> Tensor:
    fused: Fused = made.teach(network(), lessons(), plain())
    return fused.joints
