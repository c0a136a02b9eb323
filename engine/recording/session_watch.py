"""What happens to a running session beside its frames and scenes, as events of its recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from engine.adaptation.decision import Decision
from engine.recording.layout import Event, EventKind
from engine.runtime.clock import NS_PER_S, monotonic_ns

if TYPE_CHECKING:
    from engine.session_status import SessionStatus

REPORT_NS = NS_PER_S
"""Frames that the tracker missed are put together for so long."""


class SessionWatch:
    """Tells, each time it is called, what is new in a session's status. Belongs to one thread."""

    def __init__(self, status: Callable[[], SessionStatus]) -> None:
        self._status = status
        before = status()
        self._lost_ns = before.reconnecting_since_ns
        self._drops = before.drops
        self._reported_ns = monotonic_ns()
        self._told_s = {decision.time_s for decision in _decisions(before)}

    def __call__(self) -> tuple[Event, ...]:
        status = self._status()
        return (*self._connection(status), *self._missed(status), *self._decided(status))

    def _connection(self, status: SessionStatus) -> Iterator[Event]:
        before, self._lost_ns = self._lost_ns, status.reconnecting_since_ns
        if before is None and self._lost_ns is not None:
            yield Event(self._lost_ns, EventKind.DISCONNECT, status.sentence)
        elif before is not None and self._lost_ns is None:
            now_ns = monotonic_ns()
            away_s = (now_ns - before) / NS_PER_S
            text = f"{status.source_name} is back after {away_s:.1f} s."
            yield Event(now_ns, EventKind.RESUME, text, {"away_s": away_s})

    def _missed(self, status: SessionStatus) -> Iterator[Event]:
        now_ns = monotonic_ns()
        missed = status.drops - self._drops
        if missed > 0 and now_ns - self._reported_ns >= REPORT_NS:
            self._reported_ns, self._drops = now_ns, status.drops
            text = f"{missed} frames came faster than the tracker could take them."
            yield Event(now_ns, EventKind.DROP, text, {"not_tracked": float(missed)})

    def _decided(self, status: SessionStatus) -> Iterator[Event]:
        for decision in _decisions(status):
            if decision.time_s not in self._told_s:  # The learner's come later than a person's.
                self._told_s.add(decision.time_s)
                yield _event_of(decision)


def _decisions(status: SessionStatus) -> tuple[Decision, ...]:
    return () if status.adaptation is None else status.adaptation.progress.decisions


def _event_of(decision: Decision) -> Event:
    figures = {
        "accepted": float(decision.accepted),
        "rolled_back": float(decision.rolled_back),
        "revision": float(decision.revision),
        "step": float(decision.step),
        "held_out_before_mm": decision.held_out_before,
        "held_out_after_mm": decision.held_out_after,
        "source_before_mm": decision.source_before,
        "source_after_mm": decision.source_after,
    }
    time_ns = round(decision.time_s * NS_PER_S)
    return Event(time_ns, EventKind.ADAPTATION, decision.reason, figures)
