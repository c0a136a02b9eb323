from __future__ import annotations

import numpy as np
import pytest

from app.tracking.verdict import Grade, judge, uncertain_fingers
from tests.app.scenes import make_hand


@pytest.mark.parametrize(
    ("residual_mm", "grade"),
    [(0.5, Grade.GOOD), (3.0, Grade.GOOD), (3.1, Grade.FAIR), (6.0, Grade.FAIR), (6.1, Grade.POOR)],
)
def test_grades_by_residual(residual_mm: float, grade: Grade) -> None:
    assert judge(residual_mm / 1e3, make_hand()).grade is grade


def test_a_fair_fit_names_the_uncertain_finger() -> None:
    confidence = np.full(21, 0.9)
    confidence[17:21] = 0.1
    hand = make_hand(confidence=confidence)
    assert uncertain_fingers(hand) == ("little",)
    assert judge(0.004, hand).sentence == "Fair fit: little finger uncertain"


def test_a_poor_fit_says_what_to_do() -> None:
    hidden = make_hand(confidence=np.full(21, 0.1))
    assert "turn the hand" in judge(0.01, hidden).sentence
    far = make_hand(position=(0.0, 0.0, 1.2))
    assert "come nearer" in judge(0.01, far).sentence
    assert "hold still" in judge(0.01, make_hand()).sentence
