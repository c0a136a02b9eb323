"""What a calibration says of itself: values, from which text and pictures are made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from calibration.coverage import Coverage
from calibration.depth_error import DepthError
from calibration.faults import Fault
from calibration.uncertainty import ParameterUncertainty


class Verdict(Enum):
    """Whether hands can be measured with a rig."""

    GOOD = "good"
    USABLE = "usable"
    NOT_GOOD_ENOUGH = "not good enough"

    @property
    def rank(self) -> int:
        """Higher is better."""
        return 2 - list(Verdict).index(self)


@dataclass(frozen=True, slots=True)
class ViewReport:
    """One pair of pictures."""

    name: str
    rms_px: tuple[float | None, ...]
    """One a camera; None where it does not see the board, or the view was dropped."""
    points: tuple[int, ...]
    """Corners used, one a camera."""
    dropped_points: int
    dropped: str = ""
    """Why the view was not used; empty where it was."""
    distance_m: float = 0.0
    """Of the board's middle from the left camera; 0 where the view was dropped."""

    @property
    def complete(self) -> bool:
        """Whether both cameras saw the board."""
        return all(points > 0 for points in self.points)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Views that a solution was not made from, every fifth one, and how well it explains them."""

    views: int
    rms_px: float
    epipolar_px: float


@dataclass(frozen=True, slots=True)
class SquareCheck:
    """Whether a second known length agrees with the square that was entered."""

    checked: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class StereoReport:
    """All figures of a stereo calibration. Errors are RMS, in pixels of the pictures as taken."""

    board: str
    """Its spec."""
    size_px: tuple[int, int]
    lens: str
    rms_px: float
    rms_by_camera_px: tuple[float, float]
    alone_rms_px: tuple[float, float]
    """Of each camera solved on its own."""
    views: tuple[ViewReport, ...]
    held_out: HeldOut
    epipolar_before_px: float
    """Between the rows of the pictures as they are."""
    epipolar_after_px: float
    """Between the rows of the rectified pictures."""
    baseline_m: float
    baseline_deviation_m: float
    rotation_rad: float
    """How far the right camera is turned against the left one."""
    axes_angle_rad: float
    """Between the two principal axes."""
    nearest_m: float
    farthest_m: float
    """Of the board's middle."""
    uncertainties: tuple[ParameterUncertainty, ...]
    coverage: tuple[Coverage, Coverage]
    square: SquareCheck
    faults: tuple[Fault, ...]
    depth_errors: tuple[DepthError, ...]
    verdict: Verdict
    reasons: tuple[str, ...]
    """Why the verdict is no better; empty where it is good."""

    @property
    def fatal(self) -> tuple[Fault, ...]:
        """Faults with which the rig would measure nonsense."""
        return tuple(fault for fault in self.faults if fault.fatal)

    @property
    def left_out(self) -> tuple[ViewReport, ...]:
        """Views that were not used."""
        return tuple(view for view in self.views if view.dropped)

    @property
    def left_out_sentences(self) -> tuple[str, ...]:
        """The same in words, a sentence for each reason."""
        by_reason: dict[str, list[str]] = {}
        for view in self.left_out:
            by_reason.setdefault(view.dropped, []).append(view.name)
        return tuple(f"Left out ({', '.join(names)}): {why}." for why, names in by_reason.items())

    @property
    def complete_views(self) -> int:
        """Used ones that both cameras saw."""
        return sum(view.complete for view in self.views if not view.dropped)

    def depth_error_m(self, distance_m: float = 0.5) -> float:
        """Expected depth error at one of the reported distances."""
        return next(e.total_m for e in self.depth_errors if e.distance_m == distance_m)
