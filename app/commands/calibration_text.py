"""A calibration's report as text for a terminal and as figures for a JSON file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import Enum
from typing import Any

import numpy as np

from calibration.report import StereoReport, ViewReport

MARK_PX = 1.5
"""A view with that many times the usual error gets a mark."""
BAR_WIDTH = 20
NAME_WIDTHS = (24, 44)
"""Of a view in the list; longer names lose their middle."""


def report_lines(report: StereoReport) -> list[str]:
    """The report, the answer that people want last."""
    return [
        *_view_lines(report),
        "",
        *_error_lines(report),
        "",
        *_geometry_lines(report),
        "",
        *_coverage_lines(report),
        "",
        *_answer_lines(report),
    ]


def _view_lines(report: StereoReport) -> list[str]:
    used = [max(r for r in v.rms_px if r is not None) for v in report.views if not v.dropped]
    usual = float(np.median(used))
    least, most = NAME_WIDTHS
    width = min(max(least, *(len(view.name) + 1 for view in report.views)), most)
    lines = [f"{'view':{width}}{'left':>7}{'right':>7} px"]
    for view in report.views:
        lines.append(f"{_short(view.name, width - 1):{width}}{_view_figures(view, usual)}")
    return lines


def _short(name: str, width: int) -> str:
    if len(name) <= width:
        return name
    half = (width - 1) // 2
    return f"{name[: width - 1 - half]}…{name[-half:]}"


def _view_figures(view: ViewReport, usual: float) -> str:
    if view.dropped:
        return f"not used: {view.dropped}"
    figures = "".join(f"{'-' if r is None else f'{r:.2f}':>7}" for r in view.rms_px)
    worst = max(r for r in view.rms_px if r is not None)
    note = "  high" if worst > MARK_PX * usual else ""
    if view.dropped_points:
        note += f"  {view.dropped_points} corners left out"
    return f"{figures}   {'#' * round(BAR_WIDTH * min(worst / (2 * usual), 1.0))}{note}"


def _error_lines(report: StereoReport) -> list[str]:
    left, right = report.rms_by_camera_px
    held = report.held_out
    unused = (
        f"{held.rms_px:.3f} px ({held.views} views, every fifth)"
        if held.views
        else "not known: too few views"
    )
    return [
        f"error, all corners (RMS)    {report.rms_px:.3f} px (left {left:.3f}, right {right:.3f})",
        f"error on unused views       {unused}",
        f"rows before rectification   {report.epipolar_before_px:.2f} px apart",
        f"rows after rectification    {report.epipolar_after_px:.3f} px apart",
    ]


def _geometry_lines(report: StereoReport) -> list[str]:
    deviation = 1000 * report.baseline_deviation_m
    return [
        f"baseline                    {1000 * report.baseline_m:.2f} mm (+- {deviation:.2f})",
        f"right turned against left   {math.degrees(report.rotation_rad):.2f} degrees",
        f"lens                        {report.lens}",
        *_focal_lines(report),
        f"square                      {report.square.sentence}",
    ]


def _focal_lines(report: StereoReport) -> list[str]:
    lines = []
    for camera, side in enumerate(("left", "right")):
        figures = [
            f"{u.name} {u.value:.1f} +- {u.deviation:.1f}"
            for u in report.uncertainties
            if u.camera == camera and u.unit == "px"
        ]
        lines.append(f"{side + ' camera (px)':28}{', '.join(figures)}")
    return lines


def _coverage_lines(report: StereoReport) -> list[str]:
    lines = [f"{'coverage':28}{'X':>6}{'Y':>6}{'size':>6}{'skew':>6}"]
    for side, coverage in zip(("left", "right"), report.coverage, strict=True):
        bars = "".join(f"{100 * bar:5.0f}%" for bar in coverage.bars)
        lines.append(f"{'  ' + side:28}{bars}   {100 * coverage.cells_hit:.0f} % of the picture")
    near, far = 100 * report.nearest_m, 100 * report.farthest_m
    lines.append(f"{'  distance of the board':28}{near:.0f} to {far:.0f} cm")
    return lines


def _answer_lines(report: StereoReport) -> list[str]:
    expected = ", ".join(
        f"{1000 * e.total_m:.1f} mm at {e.distance_m} m" for e in report.depth_errors
    )
    lines = [f"! {sentence}" for sentence in report.left_out_sentences]
    lines += [f"! {fault.sentence}" for fault in report.faults]
    lines += [f"depth error to expect       {expected}"]
    why = f" ({'; '.join(report.reasons)})" if report.reasons else ""
    return [*lines, f"verdict                     {report.verdict.value}{why}"]


def report_json(report: StereoReport) -> Mapping[str, Any]:
    """All figures of a report; what is infinite or unknown is None."""
    figures: dict[str, Any] = _plain(asdict(report))
    return figures


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(entry) for entry in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
