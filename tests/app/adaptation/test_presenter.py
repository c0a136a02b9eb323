from __future__ import annotations

from math import isnan, nan
from pathlib import Path

import pytest

from app.adaptation.presenter import AdaptationPresenter, Verdict, mark_of
from engine.adaptation.decision import Decision
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState, AdaptationStatus

S = 1_000_000_000
ACCEPTED = Decision(10.0, 40, True, "better", 7.0, 6.0, 5.0, 5.1, 1)
REFUSED = Decision(20.0, 80, False, "no gain", 6.1, 6.4, 5.0, 5.0, 1)
ROLLED_BACK = Decision(30.0, 99, False, "new samples prefer others", 5.9, 6.6, 5.0, nan, 0, True)


def _status(
    state: AdaptationState = AdaptationState.LEARNING,
    progress: AdaptationProgress | None = None,
    sentence: str = "",
) -> AdaptationStatus:
    return AdaptationStatus(
        state, Path("w"), 1, sentence, progress or AdaptationProgress(), can_roll_back=True
    )


def test_without_adaptation_it_says_how_to_turn_it_on() -> None:
    figures = AdaptationPresenter().figures(0)
    assert "off" in figures.title
    assert "Improve" in figures.sentence
    assert not figures.can_pause
    assert not figures.can_roll_back


def test_decisions_are_counted_and_marked_with_their_figures() -> None:
    presenter = AdaptationPresenter()
    decisions = (ACCEPTED, REFUSED, ROLLED_BACK)
    presenter.update(_status(progress=AdaptationProgress(decisions=decisions)), 40 * S)
    figures = presenter.figures(40 * S)
    assert figures.decisions == "1 accepted · 1 refused · 1 undone"
    verdicts = [mark.verdict for mark in figures.marks]
    assert verdicts == [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.ROLLED_BACK]
    assert "7.00 → 6.00 mm" in figures.marks[0].text
    assert "no gain" in figures.marks[1].text


def test_the_line_shows_the_score_of_the_weights_in_use() -> None:
    presenter = AdaptationPresenter()
    decisions = (ACCEPTED, REFUSED, ROLLED_BACK)
    presenter.update(_status(progress=AdaptationProgress(decisions=decisions)), 40 * S)
    score = presenter.figures(40 * S).score
    assert score.times_s == (10.0, 20.0, 30.0)
    assert score.values == (6.0, 6.1, 5.9)


def test_before_the_first_decision_the_line_shows_the_former_score() -> None:
    presenter = AdaptationPresenter()
    learnt = AdaptationProgress(steps=1, losses={"lessons": 1.0})
    presenter.update(_status(progress=learnt), 2 * S)
    presenter.update(_status(progress=AdaptationProgress(decisions=(ACCEPTED,))), 12 * S)
    score = presenter.figures(12 * S).score
    assert score.times_s == (2.0, 10.0)
    assert score.values == (7.0, 6.0)


def test_weights_that_are_accepted_and_not_yet_in_use_are_told() -> None:
    presenter = AdaptationPresenter()
    ahead = AdaptationProgress(revision=2, decisions=(ACCEPTED,))
    presenter.update(_status(progress=ahead), S)
    assert "being made ready" in presenter.figures(S).sentence
    presenter.update(_status(progress=AdaptationProgress(revision=1)), S)
    assert "being made ready" not in presenter.figures(S).sentence


def test_decisions_that_the_learner_has_forgotten_stay_in_the_plot() -> None:
    presenter = AdaptationPresenter()
    presenter.update(_status(progress=AdaptationProgress(decisions=(ACCEPTED, REFUSED))), 0)
    presenter.update(_status(progress=AdaptationProgress(decisions=(REFUSED, ROLLED_BACK))), S)
    assert len(presenter.figures(S).marks) == 3


def test_a_decision_without_figures_has_a_mark_without_a_score() -> None:
    mark = mark_of(Decision(1.0, 3, False, "former weights asked for", rolled_back=True))
    assert isnan(mark.score_mm)
    assert "mm" not in mark.text


def test_losses_are_noted_once_a_second_while_steps_are_made() -> None:
    presenter = AdaptationPresenter()
    for k in range(40):
        progress = AdaptationProgress(steps=k, losses={"lessons": 10.0 - k})
        presenter.update(_status(progress=progress), k * S // 4)
    for k in range(40, 80):
        progress = AdaptationProgress(steps=39, losses={"lessons": 1.0})
        presenter.update(_status(progress=progress), k * S // 4)
    loss = presenter.figures(20 * S).loss
    assert loss.values == pytest.approx((10.0, 6.0, 2.0, -2.0, -6.0, -10.0, -14.0, -18.0, -22.0,
                                         -26.0, 1.0))  # fmt: skip


def test_trouble_is_told_in_its_own_words() -> None:
    presenter = AdaptationPresenter()
    presenter.update(_status(AdaptationState.FAILED, sentence="The learner ran out of memory."), 0)
    figures = presenter.figures(0)
    assert figures.sentence == "The learner ran out of memory."
    assert not figures.can_pause


@pytest.mark.parametrize("state", list(AdaptationState))
def test_every_state_has_words(state: AdaptationState) -> None:
    presenter = AdaptationPresenter()
    presenter.update(_status(state), 0)
    figures = presenter.figures(0)
    assert figures.title
    assert figures.sentence
    assert figures.paused is (state is AdaptationState.PAUSED)


def test_without_a_profile_it_says_that_nothing_is_kept() -> None:
    presenter = AdaptationPresenter()
    presenter.update(_status(), 0)
    assert "forgotten" in presenter.figures(0, kept=False).sentence
    assert "forgotten" not in presenter.figures(0, kept=True).sentence


def test_another_session_begins_an_empty_plot() -> None:
    presenter = AdaptationPresenter()
    presenter.update(_status(progress=AdaptationProgress(decisions=(ACCEPTED,))), 0)
    presenter.begin()
    assert presenter.figures(0).marks == ()
