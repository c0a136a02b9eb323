"""What to tell the person who holds the board: one short sentence that changes what they do."""

from __future__ import annotations

from app.calibration_wizard.capture_gate import Refusal
from app.calibration_wizard.seen_pair import SeenPair
from calibration.next_pose import SuggestedPose, Tilted

NEARER, FARTHER = 0.07, -0.07
"""Difference in size from which the distance is spoken of."""
ASIDE = 0.2
TILTED_RAD = 0.28
GOT_IT = "Got it"


def hint(
    seen_pair: SeenPair, reason: Refusal | None, wanted: SuggestedPose, automatic: bool = True
) -> str:
    """The big words."""
    if reason is None:
        return GOT_IT if automatic else "Good – press Capture"
    if reason is Refusal.NOT_SEEN:
        return "Show the board to both cameras"
    if reason in (Refusal.LEFT_ONLY, Refusal.RIGHT_ONLY):
        other = "right" if reason is Refusal.LEFT_ONLY else "left"
        return f"Move it to where the {other} camera sees it too"
    if reason is Refusal.PARTLY_OUT:
        return "Bring the whole board into both pictures"
    if reason is Refusal.SWAPPED:
        return "Swap the two cameras"
    if reason is Refusal.SKEW:
        return "Hold very still: the cameras are not in step"
    if reason is Refusal.WHITE:
        return "Turn it away from the light"
    if reason is Refusal.BLUR:
        return "Hold still – the picture is blurred"
    if (
        reason is Refusal.MOVING
        and seen_pair.pose is not None
        and _near(seen_pair.pose, wanted.pose)
    ):
        return "Hold still"
    return way_to(seen_pair.pose, wanted.pose)


def way_to(now: Tilted | None, wanted: Tilted) -> str:
    """The one change that brings the board nearest to where it is wanted."""
    if now is None:
        return "Show the board to both cameras"
    size = wanted.place.size - now.place.size
    if size > NEARER:
        return "Come closer"
    if size < FARTHER:
        return "Go further away"
    x, y = wanted.place.x - now.place.x, wanted.place.y - now.place.y
    if max(abs(x), abs(y)) > ASIDE:
        if abs(x) >= abs(y):
            return f"To the {'right' if x > 0 else 'left'} edge of the picture"
        return f"To the {'bottom' if y > 0 else 'top'} of the picture"
    about_x, about_y = (w - n for w, n in zip(wanted.tilt, now.tilt, strict=True))
    if max(abs(about_x), abs(about_y)) > TILTED_RAD:
        return _tilt(about_x, about_y, wanted.tilt)
    return "Hold still"


def _tilt(about_x: float, about_y: float, wanted: tuple[float, float]) -> str:
    if max(abs(wanted[0]), abs(wanted[1])) < TILTED_RAD:
        return "Hold it upright, facing the cameras"
    if abs(about_y) >= abs(about_x):
        return f"Tilt it: the {'left' if about_y > 0 else 'right'} side away from the cameras"
    return f"Tilt it: the {'bottom' if about_x > 0 else 'top'} away from the cameras"


def _near(now: Tilted, wanted: Tilted) -> bool:
    return way_to(now, wanted) == "Hold still"
