from __future__ import annotations

import numpy as np

from app.enrolment.ghost import REST_PLACE, GhostHand
from app.viewport.surface import default_surface
from engine.adaptation.enrolment_poses import STEPS
from engine.messages import Side
from tests.app.scenes import make_hand


def test_it_waits_in_the_middle_while_no_hand_is_seen() -> None:
    mesh = GhostHand(default_surface()).mesh(STEPS[0], Side.RIGHT, ())
    assert np.abs(mesh.vertices.mean(0) - REST_PLACE).max() < 0.12


def test_it_goes_to_the_wrist_of_the_asked_hand_only() -> None:
    ghost = GhostHand(default_surface())
    right = make_hand(Side.RIGHT, position=(0.10, 0.05, 0.40))
    left = make_hand(Side.LEFT, position=(-0.20, 0.05, 0.40), hand_id=2)
    for _ in range(80):
        ghost.mesh(STEPS[0], Side.RIGHT, (left, right))
    assert np.linalg.norm(ghost._place - right.wrist_position) < 0.006


def test_a_hand_that_rests_leaves_the_mesh_as_it_is() -> None:
    ghost = GhostHand(default_surface())
    hand = make_hand()
    for _ in range(80):
        mesh = ghost.mesh(STEPS[0], Side.RIGHT, (hand,))
    assert ghost.mesh(STEPS[0], Side.RIGHT, (hand,)) is mesh
    assert ghost.mesh(STEPS[2], Side.RIGHT, (hand,)) is not mesh


def test_left_and_right_are_mirror_images() -> None:
    surface = default_surface()
    right = GhostHand(surface).mesh(STEPS[1], Side.RIGHT, ())
    left = GhostHand(surface).mesh(STEPS[1], Side.LEFT, ())
    mirrored = (right.vertices - REST_PLACE) * [-1, 1, 1] + REST_PLACE
    assert np.allclose(left.vertices, mirrored, atol=1e-6)
    assert (left.triangles == right.triangles[:, ::-1]).all()
