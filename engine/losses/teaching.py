"""Losses towards somebody else's answer: the fused views', or a fitted hand's.

All targets are constants, and each joint counts by how far its target is believed.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.losses.terms import huber
from engine.losses.views import FittedViews, Fused, Lesson


@dataclass(frozen=True, slots=True)
class DistilJoints:
    """Fused joints teach the joint maps of single views (L_ms)."""

    name: str = "distil_joints"

    def __call__(self, views: FittedViews) -> Tensor:
        fused = _fused(views)
        return (huber(views.joints, fused.joints) * fused.confidence).mean()


@dataclass(frozen=True, slots=True)
class DistilMesh:
    """The fused hand teaches the hand of single views, joints and surface (L_ms)."""

    name: str = "distil_mesh"

    def __call__(self, views: FittedViews) -> Tensor:
        fused = _fused(views)
        joints = (huber(views.keypoints, fused.keypoints) * fused.confidence).mean()
        surface = huber(views.vertices, fused.vertices).mean(1) * fused.confidence.mean(1)
        return joints + surface.mean()


@dataclass(frozen=True, slots=True)
class LessonJoints:
    """A fitted hand teaches the joint maps."""

    name: str = "lesson_joints"

    def __call__(self, views: FittedViews) -> Tensor:
        lesson = _lesson(views)
        return (huber(views.joints, lesson.joints) * _believed(lesson)).mean()


@dataclass(frozen=True, slots=True)
class LessonPose:
    """A fitted hand teaches the parameter head: joints, rotation; angles a little.

    Angles of hidden joints are believed no more than the frame's least seen joints, hence by the
    mean of its joints' trust.
    """

    angle_weight: float = 0.1
    name: str = "lesson_pose"

    def __call__(self, views: FittedViews) -> Tensor:
        lesson = _lesson(views)
        believed = _believed(lesson)
        joints = (huber(views.keypoints, lesson.joints) * believed).mean()
        rotation = (views.pose.rotation - lesson.pose.rotation.detach()).square().mean((1, 2))
        angles = (views.pose.angles - lesson.pose.angles.detach()).square().mean(1)
        whole = believed.mean(1)
        return joints + ((rotation + self.angle_weight * angles) * whole).mean()


def _believed(lesson: Lesson) -> Tensor:
    """[N, 21]."""
    return (lesson.trust[:, None] * lesson.joint_trust).detach()


def _fused(views: FittedViews) -> Fused:
    if views.fused is None:
        raise ValueError("distillation needs fused answers in the views, found none")
    return views.fused


def _lesson(views: FittedViews) -> Lesson:
    if views.lesson is None:
        raise ValueError("learning from a fitted hand needs a lesson in the views, found none")
    return views.lesson
