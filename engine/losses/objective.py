"""L = w_sm L_sm + w_cm L_cm + w_ms L_ms + w_prior L_prior, of named terms (Ren et al. 2022).

A group is a weighted sum of terms over one kind of answers: those of single views or the fused
ones. Terms can be left out by name; that is how ablations are made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from torch import Tensor

from engine.losses.hand_spheres import HandSpheres
from engine.losses.priors import Collision, ShapePrior
from engine.losses.teaching import DistilJoints, DistilMesh
from engine.losses.terms import (
    DepthDifference,
    JointsTeachMesh,
    LossTerm,
    MeshTeachesJoints,
    PartPointsToMesh,
    PointsToMesh,
    SilhouetteDifference,
)
from engine.losses.views import FittedViews


class Answers(StrEnum):
    """Whose answers a group looks at."""

    SINGLE = "single"
    FUSED = "fused"


@dataclass(frozen=True, slots=True)
class Weighted:
    """A term and what it counts within its group."""

    term: LossTerm
    weight: float


@dataclass(frozen=True, slots=True)
class TermGroup:
    """A summand of the objective: weight times the weighted sum of terms."""

    name: str
    weight: float
    answers: Answers
    terms: tuple[Weighted, ...]


@dataclass(frozen=True, slots=True)
class Objective:
    """A sum of groups."""

    groups: tuple[TermGroup, ...]

    def __call__(
        self, single: FittedViews, fused: FittedViews | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, and every term as it counts in it, named "group.term" and detached.

        Raises ValueError where a group of fused answers has none to look at.
        """
        total, parts = single.joints.new_zeros(()), {}
        for group in self.groups:
            for weighted in group.terms:
                value = weighted.weight * group.weight * weighted.term(_of(group, single, fused))
                total = total + value
                parts[f"{group.name}.{weighted.term.name}"] = value.detach()
        return total, parts

    @property
    def names(self) -> tuple[str, ...]:
        """Of all terms: "group.term"."""
        return tuple(f"{g.name}.{w.term.name}" for g in self.groups for w in g.terms)

    def without(self, names: Iterable[str]) -> Objective:
        """The objective without some terms ("group.term", "term" in all groups, or "group").

        Raises ValueError for a name that none has.
        """
        left_out = set(names)
        known = set(self.names) | {part for name in self.names for part in name.split(".")}
        if unknown := left_out - known:
            raise ValueError(
                f"no loss term is called {', '.join(sorted(unknown))}; there are "
                f"{', '.join(self.names)}"
            )
        groups = (_without(group, left_out) for group in self.groups)
        return Objective(tuple(group for group in groups if group.terms))


def model_fitting() -> tuple[Weighted, ...]:
    """Rendered against observed, with the two branches teaching each other (weights as in DSF)."""
    return (
        Weighted(DepthDifference(), 0.1),
        Weighted(SilhouetteDifference(), 0.1),
        Weighted(PointsToMesh(), 1.0),
        Weighted(PartPointsToMesh(), 1.0),
        Weighted(JointsTeachMesh(), 100.0),
        Weighted(MeshTeachesJoints(), 100.0),
    )


def prior(spheres: HandSpheres) -> tuple[Weighted, ...]:
    """Shape 0.1, collision 0.01 (Ren et al. 2022)."""
    return (Weighted(ShapePrior(), 0.1), Weighted(Collision(spheres), 0.01))


def distilling(weight: float) -> TermGroup:
    """Fused answers teach single views (L_ms)."""
    terms = (Weighted(DistilJoints(), 1.0), Weighted(DistilMesh(), 1.0))
    return TermGroup("distil", weight, Answers.SINGLE, terms)


def single_view_objective(spheres: HandSpheres, distillation: float = 0.0) -> Objective:
    """Of single views without labels; with distillation where fused answers are at hand."""
    groups = (
        TermGroup("single", 1.0, Answers.SINGLE, model_fitting()),
        TermGroup("prior", 1.0, Answers.SINGLE, prior(spheres)),
    )
    return Objective((*groups, distilling(distillation)) if distillation else groups)


def multi_view_objective(spheres: HandSpheres, distillation: float = 10.0) -> Objective:
    """All of Ren et al. 2022; the paper distils with 10 (1 on single-view data with one stack)."""
    return Objective(
        (
            TermGroup("single", 1.0, Answers.SINGLE, model_fitting()),
            TermGroup("cross", 1.0, Answers.FUSED, model_fitting()),
            distilling(distillation),
            TermGroup("prior", 1.0, Answers.SINGLE, prior(spheres)),
            TermGroup("cross_prior", 1.0, Answers.FUSED, prior(spheres)),
        )
    )


def _without(group: TermGroup, names: set[str]) -> TermGroup:
    if group.name in names:
        return replace(group, terms=())
    kept = (w for w in group.terms if not names & {w.term.name, f"{group.name}.{w.term.name}"})
    return replace(group, terms=tuple(kept))


def _of(group: TermGroup, single: FittedViews, fused: FittedViews | None) -> FittedViews:
    if group.answers is Answers.SINGLE:
        return single
    if fused is None:
        raise ValueError(
            f'the loss group "{group.name}" looks at fused answers, found none; leave it out '
            "or give them"
        )
    return fused
