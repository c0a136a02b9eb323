"""The label-free objective of Ren et al. 2022 on the answers of both networks to several views."""

from __future__ import annotations

from torch import Tensor, nn

from engine.hand.model import load_hand_model
from engine.losses.objective import Objective, multi_view_objective
from engine.losses.views import FittedViews, ViewFitter
from engine.nets.fusion import FusionNet, fusion_input
from engine.nets.pose_vector import split_pose
from engine.nets.single_view import SingleViewNet
from engine.nets.single_view_features import observe
from engine.training.pseudo_views import ViewBatch


class LabelFreeLoss(nn.Module):
    """L_sm + L_cm + L_ms + L_prior, or what an ablation leaves of it."""

    def __init__(self, distillation: float, without: tuple[str, ...] = (), size: int = 64) -> None:
        """Raises ValueError where `without` names a term that there is not."""
        super().__init__()
        self.fitter = ViewFitter(load_hand_model(), size)
        whole = multi_view_objective(self.fitter.spheres, distillation)
        self.objective: Objective = whole.without(without)

    def forward(
        self, single_view: SingleViewNet, fusion: FusionNet, views: ViewBatch
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The total and its parts on B hands in V views."""
        single, fused = self.fitted(single_view, fusion, views)
        return self.objective(single, fused)

    def fitted(
        self, single_view: SingleViewNet, fusion: FusionNet, views: ViewBatch
    ) -> tuple[FittedViews, FittedViews]:
        """Single answers, which know the fused ones, and the fused answers; of B * V crops."""
        observation = observe(single_view, views.flat_image)
        seen = fusion_input(observation, views.geometry, views.T_rig_from_camera)
        answer = fusion(seen)
        image = views.whole.flatten(0, 1)
        fused = self.fitter(
            image,
            views.geometry,
            answer.joints.flatten(0, 1),
            split_pose(answer.pose.flatten(0, 1)),
        )
        single = self.fitter(
            image,
            views.geometry,
            observation.joints.float(),
            split_pose(observation.outputs[-1].pose),
        )
        trust = (answer.shares * seen.confidence).sum(1, keepdim=True).expand_as(seen.confidence)
        return single._replace(fused=fused.as_fused(trust.flatten(0, 1))), fused
