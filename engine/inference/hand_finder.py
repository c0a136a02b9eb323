"""Hands in a whole depth frame: the localiser proposes places, the verifier looks at each.

About 2 ms for a frame with two candidates, so it runs while a hand is missing, not on every frame.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.inference.hand_tracks import Place
from engine.inference.localiser import Localiser, create_localiser
from engine.inference.verifier import Verdict, Verifier, create_verifier
from engine.messages import Float32

Float64 = npt.NDArray[np.float64]

WORTH_A_LOOK = 0.1
"""Candidates that the verifier believes in less are dropped."""


class HandFinder:
    """Proposes places that may be hands, the best first; each with a verified score and side."""

    def __init__(self, localiser: Localiser, verifier: Verifier) -> None:
        self._localiser = localiser
        self._verifier = verifier

    def find(self, depth_m: Float32, camera: PinholeCamera) -> tuple[Place, ...]:
        """Places in depth [H, W] (metres, 0 = no data); empty where there is no hand."""
        places = self._localiser.find(depth_m, camera)
        verdicts = self._verifier.judge(depth_m, camera, [place.centre for place in places])
        judged = [
            replace(place, right=verdict.right, score=verdict.presence)
            for place, verdict in zip(places, verdicts, strict=True)
        ]
        kept = [place for place in judged if place.score >= WORTH_A_LOOK]
        return tuple(sorted(kept, key=lambda place: -place.score))

    def judge(self, depth_m: Float32, camera: PinholeCamera, centre: Float64) -> Verdict:
        """What is at a place where a hand was: its palm's middle [3] in metres, camera frame."""
        return self._verifier.judge(depth_m, camera, [centre])[0]


def create_hand_finder(
    localiser_weights: Path | None = None, verifier_weights: Path | None = None
) -> HandFinder:
    """A finder that is ready to run, with the shipped weights where none are given.

    Raises:
        WeightsError: weights are missing or damaged.
    """
    return HandFinder(create_localiser(localiser_weights), create_verifier(verifier_weights))
