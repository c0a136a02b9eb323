"""The objective is the weighted sum of its terms, each of which can be left out."""

from __future__ import annotations

import pytest
import torch

from engine.losses.objective import multi_view_objective, single_view_objective
from tests.engine.losses.scenes import FITTER, fitted, joint_mistake, some_mistake

SINGLE = fitted(0.5 * some_mistake(1))
FUSED = fitted(0.2 * some_mistake(2))
EVERYTHING = multi_view_objective(FITTER.spheres)


def test_the_total_is_the_sum_of_its_named_parts() -> None:
    total, parts = EVERYTHING(SINGLE, FUSED)
    assert tuple(parts) == EVERYTHING.names
    torch.testing.assert_close(total, sum(parts.values()))
    assert len(EVERYTHING.names) == 6 + 6 + 2 + 2 + 2


def test_single_and_fused_answers_are_judged_by_the_same_terms() -> None:
    _, parts = EVERYTHING(SINGLE, FUSED)
    _, swapped = EVERYTHING(FUSED, SINGLE)
    for name, value in parts.items():
        group, term = name.split(".")
        if group == "single":
            torch.testing.assert_close(value, swapped[f"cross.{term}"])


def test_distillation_counts_by_the_papers_weight() -> None:
    _, ten = multi_view_objective(FITTER.spheres)(SINGLE, FUSED)
    _, one = multi_view_objective(FITTER.spheres, distillation=1.0)(SINGLE, FUSED)
    torch.testing.assert_close(ten["distil.distil_joints"], 10 * one["distil.distil_joints"])
    assert ten["single.points"] == one["single.points"]


@pytest.mark.parametrize("name", EVERYTHING.names)
def test_each_term_can_be_left_out(name: str) -> None:
    left = EVERYTHING.without([name])
    assert set(EVERYTHING.names) - set(left.names) == {name}
    total, _ = EVERYTHING(SINGLE, FUSED)
    rest, _ = left(SINGLE, FUSED)
    _, parts = EVERYTHING(SINGLE, FUSED)
    torch.testing.assert_close(rest, total - parts[name])


def test_a_term_can_be_left_out_everywhere_and_a_group_as_a_whole() -> None:
    assert not [n for n in EVERYTHING.without(["collision"]).names if "collision" in n]
    assert EVERYTHING.without(["single", "cross", "cross_prior", "distil"]).names == (
        "prior.shape",
        "prior.collision",
    )


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"colision.*prior\.collision"):
        EVERYTHING.without(["colision"])


def test_missing_answers_are_named() -> None:
    with pytest.raises(ValueError, match='"cross" looks at fused answers'):
        EVERYTHING(SINGLE)
    with pytest.raises(ValueError, match="distillation needs fused answers"):
        EVERYTHING(SINGLE._replace(fused=None), FUSED)


def test_steps_downhill_bring_the_hand_to_the_truth() -> None:
    """Single-view fitting alone, on pose and joints as free variables."""
    objective = single_view_objective(FITTER.spheres)
    mistake = (0.7 * some_mistake(3)).requires_grad_()
    shift = (0.5 * joint_mistake(3)).requires_grad_()
    optimiser = torch.optim.Adam(
        [{"params": [mistake], "lr": 0.01}, {"params": [shift], "lr": 0.002}]
    )

    def off() -> float:
        views = fitted(mistake.detach())
        return float((views.keypoints - fitted(0 * mistake.detach()).keypoints).norm(dim=-1).mean())

    before = off()
    true_joints = fitted(0 * mistake.detach()).keypoints
    for _ in range(40):
        optimiser.zero_grad()
        views = fitted(mistake, true_joints + shift)
        objective(views)[0].backward()
        optimiser.step()
    assert off() < 0.5 * before
