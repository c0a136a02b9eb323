"""Small steps of a copy of the network towards what the teacher says, without forgetting.

Every step mixes three kinds of crops: the person's own frames with the teacher's answers, rendered
hands like the person's with exact answers, and samples of the first training. Statistics of the
normalisation stay as they are: a few frames of one person are no fair sample of the world.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from engine.adaptation.fused_teacher import FusedTeacher, load_fusion
from engine.adaptation.lesson_crops import (
    erased,
    lesson_batch,
    lesson_images,
    random_crop,
    stacked,
)
from engine.adaptation.lesson_loss import LessonLoss, LessonTargets
from engine.adaptation.settings import LearnSettings
from engine.adaptation.source_set import joined, take
from engine.adaptation.teacher import Lesson
from engine.hand.model import HandModel
from engine.hand.torch_skinning import TorchHand
from engine.inference.crops import Crop
from engine.inference.fitting import surface_of
from engine.losses.objective import single_view_objective
from engine.losses.supervised import SupervisedLoss
from engine.losses.views import ViewFitter
from engine.nets.crop_geometry import CropGeometry
from engine.nets.pose_vector import split_pose
from engine.nets.single_view import SingleViewNet, SingleViewOutput
from engine.training.data import Batch


class Learner:
    """Owns the training copy and its average. Belongs to one thread."""

    def __init__(
        self,
        net: SingleViewNet,
        model: HandModel,
        settings: LearnSettings,
        rehearsal: Batch,
        rng: np.random.Generator,
    ) -> None:
        self._settings = settings
        self._rehearsal = rehearsal
        self._rng = rng
        hand = TorchHand(model)
        self._lesson_loss, self._source_loss = LessonLoss(hand), SupervisedLoss(hand)
        self._fitter = ViewFitter(model)
        objective = single_view_objective(self._fitter.spheres, settings.fusion)
        self._objective = objective.without(settings.left_out)
        self._fused = self._fused_teacher(net, model) if settings.fusion else None
        self.restart(net)

    def restart(self, net: SingleViewNet) -> None:
        """Begin again at the weights of `net`."""
        self._net = copy.deepcopy(net).eval()  # evaluation mode: statistics stay as they are
        self._net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(net).eval()
        settings = self._settings
        self._parameters = _trained(self._net, settings.frozen)
        self._optimizer = torch.optim.AdamW(
            self._parameters, lr=settings.rate, weight_decay=settings.weight_decay
        )
        self._steps = 0
        self.apart_m: list[float] = []
        """Mean distance of the copy's joints from each lesson of the last step, metres."""
        if self._fused is not None:
            self._fused.restart()

    def _fused_teacher(self, net: SingleViewNet, model: HandModel) -> FusedTeacher:
        rng = self._rng.spawn(1)[0]  # of its own: the lessons' crops are drawn as without it
        return FusedTeacher(
            load_fusion(net), self._fitter, surface_of(model), self._settings.fusing, rng
        )

    def step(self, lessons: Sequence[Lesson], personal: Sequence[Batch]) -> Mapping[str, float]:
        """One step on the lessons drawn; losses by name."""
        crops = [random_crop(self._rng, lesson, self._settings) for lesson in lessons]
        whole = lesson_images(lessons, crops)
        images = [
            erased(self._rng, image) if self._rng.random() < self._settings.erase_share else image
            for image in whole
        ]
        image, targets = lesson_batch(lessons, crops, images)
        exact = joined([*personal, self._rehearse()])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            outputs = self._net(
                torch.cat([image, exact.image]).to(memory_format=torch.channels_last)
            )
        losses = self._losses(outputs, image, targets, exact, len(lessons))
        self.apart_m = _apart_m(outputs[-1].joints[: len(lessons)], targets)
        taught = _rows(outputs[-1], slice(None, len(lessons)))
        losses["self-supervised"] = self._self_supervised(taught, stacked(whole), crops, lessons)
        self._set_rate()
        self._descend(losses["lessons"] + losses["source"] + losses["self-supervised"])
        return {name: float(value.detach()) for name, value in losses.items()}

    def _set_rate(self) -> None:
        """Small first steps (AdamW's own are as long as its rate, whatever the gradient), and down
        to a tenth at the end of every cycle."""
        settings = self._settings
        rising = min(1.0, (1 + self._steps) / settings.warm_up)
        falling = 1.0 - 0.9 * (self._steps % settings.cycle + 1) / settings.cycle
        for group in self._optimizer.param_groups:
            group["lr"] = rising * falling * settings.rate

    def _rehearse(self) -> Batch:
        rows = self._rng.integers(len(self._rehearsal.image), size=self._settings.source)
        return take(self._rehearsal, torch.from_numpy(rows))

    def _losses(
        self,
        outputs: list[SingleViewOutput],
        image: Tensor,
        targets: LessonTargets,
        exact: Batch,
        count: int,
    ) -> dict[str, Tensor]:
        taught, taught_parts = self._lesson_loss(
            [_rows(output, slice(None, count)) for output in outputs], image, targets
        )
        known, known_parts = self._source_loss(
            [_rows(output, slice(count, None)) for output in outputs], exact.image, exact.targets
        )
        share = count / (count + len(exact.image))
        return {
            "lessons": self._settings.teacher * share * taught,
            "source": (1.0 - share) * known,
            "lesson joints": taught_parts["joints"],
            "source joints": known_parts["joints"],
        }

    def _self_supervised(
        self,
        output: SingleViewOutput,
        image: Tensor,
        crops: Sequence[Crop],
        lessons: Sequence[Lesson],
    ) -> Tensor:
        """What the images themselves, with nothing erased, say of the answers, without any
        teacher."""
        weight = self._settings.self_supervised
        if not weight:
            return image.new_zeros(())
        geometry, pose = CropGeometry.of(crops), split_pose(output.pose)
        views = self._fitter(image, geometry, output.joints.float(), pose)
        shapes = np.stack([lesson.pose.shape for lesson in lessons]).astype(np.float32)
        views = views._replace(known_shape=torch.from_numpy(shapes))
        if self._fused is not None:
            views = views._replace(fused=self._fused.teach(self.average, lessons, geometry))
        return weight * self._objective(views)[0]

    def _descend(self, loss: Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters, self._settings.clip)
        self._optimizer.step()
        self._steps += 1
        keep = min(self._settings.keep, (1 + self._steps) / (4 + self._steps))
        with torch.no_grad():
            for ours, theirs in zip(self.average.parameters(), self._net.parameters(), strict=True):
                ours.lerp_(theirs, 1.0 - keep)


@torch.no_grad()
def _apart_m(joints: Tensor, targets: LessonTargets) -> list[float]:
    """Mean distance of joints [B, 21, 3] in crop coordinates from the lessons', as much as these
    are believed."""
    apart = (joints.float() - targets.joints).norm(dim=-1) * targets.half_cube_m[:, None]
    mean = (apart * targets.weight).sum(1) / targets.weight.sum(1).clamp_min(1e-3)
    return [float(value) for value in mean]


def _trained(net: nn.Module, frozen: Sequence[str]) -> list[nn.Parameter]:
    """The parameters that may change: those in none of the `frozen` parts of the network."""
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(not any(part in name for part in frozen))
    return [p for p in net.parameters() if p.requires_grad]


def _rows(output: SingleViewOutput, rows: slice) -> SingleViewOutput:
    """Some samples of an output."""
    maps = type(output.maps)(*(m[rows] for m in output.maps))
    return SingleViewOutput(output.joints[rows], output.pose[rows], output.logits[rows], maps)


def all_finite(net: nn.Module) -> bool:
    """Whether every weight is a number."""
    return all(bool(torch.isfinite(value).all()) for value in net.state_dict().values())


@torch.no_grad()
def relative_change(net: nn.Module, first: nn.Module) -> float:
    """Size of the difference of two networks' weights over the size of the first's."""
    moved = size = 0.0
    for ours, theirs in zip(net.parameters(), first.parameters(), strict=True):
        moved += float((ours - theirs).square().sum())
        size += float(theirs.square().sum())
    return (moved / max(size, 1e-12)) ** 0.5


@torch.no_grad()
def halfway(first: SingleViewNet, second: SingleViewNet) -> SingleViewNet:
    """The mean of two networks' weights."""
    mean = copy.deepcopy(first)
    for ours, theirs in zip(mean.parameters(), second.parameters(), strict=True):
        ours.lerp_(theirs, 0.5)
    return mean
