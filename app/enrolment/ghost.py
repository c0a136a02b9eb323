"""The ghost hand of the guided minute: the asked pose at the wrist of the hand that is seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.viewport.surface import HandSurface
from app.viewport.viewport import Mesh
from engine.adaptation.enrolment_poses import EnrolmentStep
from engine.hand.model import SHAPE_COUNT, HandModel, load_hand_model
from engine.hand.skinning import pose_hand
from engine.messages import Float64, HandState, Side

GHOST_RGB = np.array([0.36, 0.72, 0.70], np.float32)
REST_PLACE = np.array([0.0, 0.09, 0.45])
"""Where the ghost waits while no hand is seen, metres in the camera frame."""
FOLLOW = 0.18
"""Share of the way to the wrist in each new scene: a ghost that trembles cannot be followed."""
REST_M = 0.004


class GhostHand:
    """Follows the wrist slowly; the mesh is made anew only when something changed."""

    def __init__(self, surface: HandSurface) -> None:
        right = load_hand_model()
        self._models: dict[Side, HandModel] = {Side.RIGHT: right, Side.LEFT: right.mirrored()}
        self._surface = surface
        self._place = REST_PLACE
        self._shown: tuple[str, Side] | None = None
        self._mesh: Mesh | None = None
        self._shape: Float64 = np.zeros(SHAPE_COUNT)

    def mesh(self, step: EnrolmentStep, side: Side, hands: Sequence[HandState]) -> Mesh:
        """The ghost of a step for a side, given the hands of the newest scene."""
        moved = self._follow(next((hand for hand in hands if hand.side is side), None))
        if self._mesh is None or moved or self._shown != (step.name, side):
            self._mesh = self._made(step, side)
            self._shown = (step.name, side)
        return self._mesh

    def _follow(self, hand: HandState | None) -> bool:
        """Move towards the wrist of a hand; whether it did."""
        if hand is None:
            return False
        offset = hand.wrist_position - self._place
        if float(np.linalg.norm(offset)) <= REST_M:
            return False
        self._place = self._place + FOLLOW * offset
        self._shape = hand.shape
        return True

    def _made(self, step: EnrolmentStep, side: Side) -> Mesh:
        posed = pose_hand(self._models[side], step.ghost(side, self._place, self._shape))
        vertices = posed.vertices.astype(np.float32)
        colors = np.broadcast_to(GHOST_RGB, vertices.shape).copy()
        return Mesh(vertices, self._surface.triangles_of(side), colors)
