"""One hand in one frame, as it goes from the tracker to the learner; can be pickled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.adaptation.patch import HandPatch, cut_patch
from engine.hand.keypoints import palm_size
from engine.hand.skinning import HandPose
from engine.inference.crops import cube_for
from engine.inference.sighting import Sighting
from engine.messages import Side

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AdaptationSample:
    """Everything in the view of the hand's side: a right hand's."""

    side: Side
    time_ns: int
    patch: HandPatch
    network_joints: Float64
    """[21, 3] metres: the network of `weights_revision` alone."""
    confidence: Float64
    """[21] in 0..1: the network's."""
    pose: HandPose
    """What the tracker fitted."""
    keypoints: Float64
    """[21, 3] metres, of that pose."""
    residual_m: float
    """Mesh to depth, of that pose."""
    trusted: float
    """Probability 0..1 that the fit is good; see engine.inference.fitting.trust."""
    shape: Float64
    """[10]: the person's shape as the tracker knew it."""
    weights_revision: int


def sample_of(sighting: Sighting) -> AdaptationSample | None:
    """What a sighting is worth keeping of; None where the hand is cut off by the picture."""
    joints = sighting.network.joints
    cube_m = cube_for(palm_size(sighting.fit.keypoints))
    patch = cut_patch(sighting.view, joints[1:].mean(0), cube_m)
    if patch is None:
        return None
    return AdaptationSample(
        side=sighting.side,
        time_ns=sighting.time_ns,
        patch=patch,
        network_joints=joints,
        confidence=sighting.network.confidence,
        pose=sighting.fit.pose,
        keypoints=sighting.fit.keypoints,
        residual_m=sighting.fit.residual_m,
        trusted=sighting.trusted,
        shape=sighting.shape,
        weights_revision=sighting.weights_revision,
    )
