"""An EvalReport as lines for a terminal."""

from __future__ import annotations

import math
from dataclasses import fields

from engine.evaluation.judgement import Judgement
from engine.evaluation.report import Accuracy, EvalReport, Group, Latency, Percentiles

ROWS = (
    ("mean error, all joints", "mpjpe_mm", "mm"),
    ("  distal joints", "distal_mm", "mm"),
    ("  definition-aligned", "aligned_mm", "mm"),
    ("  root-relative", "root_relative_mm", "mm"),
    ("  similarity-aligned", "pa_mpjpe_mm", "mm"),
    ("  in the image", "px", "px"),
    ("worst joint within 20 mm", "within20", "%"),
    ("  within 30 mm", "within30", "%"),
    ("  within 50 mm", "within50", "%"),
)
assert [row[1] for row in ROWS] == [field.name for field in fields(Accuracy)]


def report_lines(report: EvalReport) -> list[str]:
    """The whole report; the accuracy of the tracker and of its network alone side by side."""
    share = report.found / report.frames if report.frames else float("nan")
    lines = [f"frames {report.frames}, hand found in {report.found} ({_number(100 * share)} %)"]
    if report.has_truth:
        lines += ["", f"{'':28}{'tracker':>10}{'network':>10}"]
        lines += [_accuracy_row(row, report) for row in ROWS]
        lines += ["", *_judgement_lines(report.judgement)]
    if report.judgement.empty_frames:
        judged = report.judgement
        claims = f"a hand claimed in {judged.false_claims}"
        lines += ["", f"frames that show no hand: {judged.empty_frames}, {claims}"]
    for label, by_value in report.groups.items():
        lines += ["", *_group_lines(label, dict(by_value))]
    lines += [
        "",
        f"{'mesh to depth':28}{_number(report.residual_mm):>10} mm",
        f"{'jitter of a resting hand':28}{_number(report.jitter_mm, 2):>10} mm",
        f"{'frames a second':28}{_number(report.fps):>10}",
        "",
        *latency_lines(report.latency),
    ]
    return lines


def latency_lines(latency: Latency) -> list[str]:
    """Median and p95 of the whole and of each stage."""
    lines = [f"{'latency, ms':28}{'median':>10}{'p95':>10}"]
    rows: list[tuple[str, Percentiles]] = [("frame to scene", latency.total)]
    rows += [(f"  {name}", stage) for name, stage in latency.stages.items()]
    lines += [f"{name:28}{_number(t.median, 2):>10}{_number(t.p95, 2):>10}" for name, t in rows]
    return lines


def _judgement_lines(judgement: Judgement) -> list[str]:
    return [
        f"{'told left from right':28}{_number(100 * judgement.side_correct):>10} %",
        f"{'identities swapped':28}{judgement.identity_swaps:>10}",
        f"{'hands without a label':28}{judgement.extra_hands:>10}",
    ]


def _accuracy_row(row: tuple[str, str, str], report: EvalReport) -> str:
    title, key, unit = row
    scale = 100.0 if unit == "%" else 1.0
    values = (getattr(report.accuracy, key), getattr(report.network, key))
    return f"{title:28}" + "".join(f"{_number(scale * v):>10}" for v in values) + f" {unit}"


def _group_lines(label: str, by_value: dict[str, Group]) -> list[str]:
    head = f"{'by ' + label:28}{'hands':>8}{'found %':>9}{'mean mm':>9}{'PA mm':>9}{'in 50 %':>9}"
    return [head] + [
        f"{'  ' + value:28}{group.frames:>8}"
        f"{_number(100 * group.found / group.frames):>9}"
        f"{_number(group.accuracy.mpjpe_mm):>9}{_number(group.accuracy.pa_mpjpe_mm):>9}"
        f"{_number(100 * group.accuracy.within50):>9}"
        for value, group in by_value.items()
    ]


def _number(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
