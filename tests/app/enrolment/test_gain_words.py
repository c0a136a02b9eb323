from __future__ import annotations

from math import nan

from app.enrolment.gain_words import gain_lines, gains
from engine.adaptation.before_after import LabelFreeFigures

BEFORE = LabelFreeFigures(40, residual_m=0.0071, silhouette=0.90, jitter_m=0.0023)


def test_gains_in_plain_words() -> None:
    after = LabelFreeFigures(40, residual_m=0.0039, silhouette=0.94, jitter_m=0.0011)
    lines = gain_lines(BEFORE, after, 40)
    assert [line.text for line in lines] == [
        "Mesh-to-depth residual 7.1 → 3.9 mm",
        "Jitter at rest 2.3 → 1.1 mm",
        "Agreement of the outline 90.0 → 94.0 %",
    ]
    assert all(line.better for line in lines)


def test_no_gain_is_called_that() -> None:
    after = LabelFreeFigures(40, residual_m=0.0080, silhouette=0.85, jitter_m=0.0023)
    lines = gain_lines(BEFORE, after, 40)
    assert not any(line.better for line in lines)
    assert "no gain" in lines[0].text
    assert "no change" in lines[1].text
    assert "no gain" in lines[2].text


def test_what_was_not_measured_in_both_is_not_told() -> None:
    after = LabelFreeFigures(40, residual_m=0.0039, silhouette=nan, jitter_m=nan)
    assert [gain.what for gain in gains(BEFORE, after)] == ["Mesh-to-depth residual"]


def test_frames_without_a_hand_are_told() -> None:
    after = LabelFreeFigures(44, residual_m=0.0039)
    (found, *_) = gain_lines(BEFORE, after, 48)
    assert found.text == "Hand found in 40 → 44 of 48 frames"
    assert found.better


def test_small_figures_have_two_digits() -> None:
    first, last = LabelFreeFigures(1, 0.00062), LabelFreeFigures(1, 0.00058)
    assert gain_lines(first, last, 1)[0].text == "Mesh-to-depth residual 0.62 → 0.58 mm"
