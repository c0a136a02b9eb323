"""The mesh-to-depth residual in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.messages import HandState

GOOD_BELOW_M = 0.003
POOR_ABOVE_M = 0.006
SURE_FROM = 0.45
"""Mean confidence of a finger below this counts as uncertain."""


class Grade(StrEnum):
    """How well the mesh lies on what the camera sees."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A grade and the sentence to show."""

    grade: Grade
    sentence: str


def judge(residual_m: float, hand: HandState) -> Verdict:
    """Grade a (smoothed) residual in metres; the hand's confidence gives the reason."""
    if residual_m <= GOOD_BELOW_M:
        return Verdict(Grade.GOOD, "Good fit")
    unsure = uncertain_fingers(hand)
    if residual_m <= POOR_ABOVE_M:
        reason = f"Fair fit: {_named(unsure)} uncertain" if unsure else "Fair fit"
        return Verdict(Grade.FAIR, reason)
    if len(unsure) >= 3:
        return Verdict(Grade.POOR, "Poor fit: most fingers are hidden; turn the hand")
    if float(hand.joints[:, 2].mean()) > 0.9:
        return Verdict(Grade.POOR, "Poor fit: the hand is far away; come nearer than 80 cm")
    return Verdict(Grade.POOR, "Poor fit: the mesh is off what is seen; hold still for a moment")


def uncertain_fingers(hand: HandState) -> tuple[str, ...]:
    """Names of fingers whose joints are mostly uncertain."""
    names = ("thumb", "index", "middle", "ring", "little")
    means = hand.confidence[1:].reshape(5, 4).mean(1)
    return tuple(name for name, mean in zip(names, means, strict=True) if mean < SURE_FROM)


def _named(fingers: tuple[str, ...]) -> str:
    if len(fingers) == 1:
        return f"{fingers[0]} finger" if fingers[0] != "thumb" else "thumb"
    return "all fingers" if len(fingers) == 5 else f"{len(fingers)} fingers"
