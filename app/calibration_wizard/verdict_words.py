"""A calibration's report in plain words, the answer that people want first. Knows no Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from calibration.coverage import Coverage
from calibration.report import StereoReport, Verdict

HEADLINES: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.GOOD: "Good: hands can be measured with this",
        Verdict.USABLE: "Usable, but it could be better",
        Verdict.NOT_GOOD_ENOUGH: "Not good enough to measure hands",
    }
)
SIDES = ("left", "right")


def answer(report: StereoReport) -> str:
    """What depth error to expect."""
    parts = [f"<b>{_millimetres(e.total_m)}</b> at {e.distance_m:g} m" for e in report.depth_errors]
    return f"Depth will be off by about {', '.join(parts)}."


def why(report: StereoReport) -> str:
    """Why the verdict is no better; empty where it is good."""
    return f"Because of: {'; '.join(report.reasons)}." if report.reasons else ""


def figures(report: StereoReport) -> tuple[tuple[str, str, str], ...]:
    """Name, value and what it means, line by line."""
    held, deviation = report.held_out, 1000 * report.baseline_deviation_m
    left, right = report.rms_by_camera_px
    unused = f"{held.rms_px:.2f} px" if held.views else "not known"
    return (
        ("Error on unused views", unused,
         f"How well {held.views} views are explained that were not used. Good is below 0.4 px."),
        ("Error on all views", f"{report.rms_px:.2f} px",
         f"Of the corners that were used: left {left:.2f}, right {right:.2f} px."),
        ("Rows off, before → after",
         f"{report.epipolar_before_px:.1f} → {report.epipolar_after_px:.2f} px",
         "How far the same thing is from its row in the other picture, as taken and after "
         "rectification. Good is below 0.3 px."),
        ("Baseline", f"{1000 * report.baseline_m:.1f} ± {deviation:.2f} mm",
         "Distance of the two lenses. Measure it with a ruler: it should be about that."),
        ("Right turned by", f"{math.degrees(report.rotation_rad):.2f}°",
         "How far the right camera is turned against the left one."),
        *_focal_lengths(report),
        ("Board was", f"{100 * report.nearest_m:.0f} to {100 * report.farthest_m:.0f} cm away",
         "The farther apart near and far are, the surer is the focal length."),
        ("Covered", f"{100 * _least(report.coverage):.0f} %",
         "Of the picture's cells, the less covered camera."),
        ("Lens", report.lens, "The kind that explains unused views best."),
    )  # fmt: skip


def _focal_lengths(report: StereoReport) -> tuple[tuple[str, str, str], ...]:
    lines = []
    for camera, side in enumerate(SIDES):
        known = {u.name: u for u in report.uncertainties if u.camera == camera}
        if "fx" in known:
            f = known["fx"]
            every = ", ".join(
                f"{u.name} {u.value:.4g} ± {u.deviation:.2g} {u.unit}".strip()
                for u in known.values()
            )
            value = f"{f.value:.1f} ± {f.deviation:.1f} px"
            lines.append((f"Focal length, {side}", value, every))
    return tuple(lines)


def _least(coverage: tuple[Coverage, Coverage]) -> float:
    return min(camera.cells_hit for camera in coverage)


def _millimetres(metres: float) -> str:
    return "more than 10 cm" if not metres < 0.1 else f"{1000 * metres:.1f} mm"
