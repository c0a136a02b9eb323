"""What a crash left behind: asked once at the start, recovered in the background. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.background import Watch, Work
from app.banner import Action, Banner, Tone
from app.recording.words import size_text
from engine.errors import UserError

if TYPE_CHECKING:  # They load for a quarter of a second, and the window imports this file.
    from engine.recording.recovery import Unfinished
    from engine.recording.repair import RepairReport


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of a recovery."""

    target: Path
    amount: str
    """ "12 min 4 s, 43,440 frames"."""
    lost: str
    """A sentence."""


class RecoveryPresenter:
    """Unfinished sessions, the newest first. One thread."""

    def __init__(
        self,
        find: Callable[[], Work[Sequence[Unfinished]]],
        recover: Callable[[Unfinished], Work[Recovered]],
        to_trash: Callable[[Unfinished], None],
    ) -> None:
        """`find` and `recover` start work. `to_trash` raises UserError where there is no trash."""
        self._find, self._recover, self._to_trash = find, recover, to_trash
        self._search: Work[Sequence[Unfinished]] | None = None
        self._found: list[Unfinished] = []
        self._sure = True
        self._work: Work[Recovered] | None = None
        self._outcome: Banner | None = None
        self.latest: Path | None = None
        """The session that was recovered last."""

    @property
    def searching(self) -> bool:
        return self._search is not None

    @property
    def working(self) -> bool:
        return self._work is not None

    def look(self) -> None:
        """Look for unfinished sessions in the background."""
        self._search = self._find()

    def poll(self) -> None:
        """Take what has ended."""
        if self._search is not None and self._search.poll():
            self._found, self._search = list(self._search.result or ()), None
        if self._work is not None and self._work.poll():
            self._take(self._work)
            self._work = None

    def banner(self) -> Banner | None:
        """What to ask or say now, if anything."""
        if self._work is not None:
            name = self._found[0].target.name
            advice = "Every byte is checked; the unfinished file stays as it is."
            share = self._work.share
            return Banner(Tone.BUSY, f"Recovering {name}", advice, Action.CANCEL, share=share)
        if self._outcome is not None:
            return self._outcome
        if not self._found:
            return None
        return self._question(self._found[0])

    def act(self, action: Action) -> None:
        """Do what a button of the banner says."""
        doing: dict[Action, Callable[[], None]] = {
            Action.RECOVER: self._begin,
            Action.LATER: self._found.clear,
            Action.KEEP: self._found.clear,
            Action.TO_TRASH: self._discard,
            Action.CANCEL: self._cancel,
        }
        if action is not Action.SHOW_FOLDER:
            self._outcome = None
        self._sure = action is not Action.DISCARD
        doing.get(action, lambda: None)()

    def close(self) -> None:
        """The window goes: what is under way leaves nothing behind, and is asked for again."""
        for work in (self._search, self._work):
            if work is not None:
                work.close()
        self._search = self._work = None

    def _question(self, found: Unfinished) -> Banner:
        if not self._sure:
            amount = found.question.partition("(")[2].rstrip("?)")
            return Banner(
                Tone.WARNING,
                f"Throw this session away ({amount})?",
                f"{found.path.name} goes to the trash, unrecovered.",
                Action.KEEP,
                (Action.TO_TRASH,),
            )
        advice = f"{found.path.name} was never finished: the program or the computer stopped."
        return Banner(
            Tone.WARNING, found.question, advice, Action.RECOVER, (Action.LATER, Action.DISCARD)
        )

    def _begin(self) -> None:
        self._work = self._recover(self._found[0])

    def _cancel(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _discard(self) -> None:
        found = self._found.pop(0)
        try:
            self._to_trash(found)
        except UserError as error:
            self._outcome = Banner(Tone.WARNING, "It is still there", str(error), Action.DISMISS)

    def _take(self, work: Work[Recovered]) -> None:
        if work.failure:
            self._found.pop(0)
            title = "The session could not be recovered"
            self._outcome = Banner(Tone.ERROR, title, work.failure, Action.DISMISS)
        elif work.result is not None:
            self._outcome = self._saved(self._found.pop(0), work.result)

    def _saved(self, found: Unfinished, recovered: Recovered) -> Banner:
        self.latest = recovered.target
        try:
            self._to_trash(found)
            leftover = "The unfinished file is in the trash."
        except UserError:
            leftover = f"The unfinished file is still there as {found.path.name}."
        return saved_banner("Recovered", recovered, leftover)


def saved_banner(done: str, recovered: Recovered, leftover: str) -> Banner:
    """What came of it, and what is left of the file that it was made from."""
    amount = recovered.amount.replace(" ", "\N{NO-BREAK SPACE}")
    return Banner(
        Tone.CALM,
        f"{done} {recovered.target.name} ({amount})",
        f"{recovered.lost} {leftover}",
        Action.SHOW_FOLDER,
        (Action.OPEN, Action.DISMISS),
    )


def find_sessions(_watch: Watch) -> Sequence[Unfinished]:
    """In the folder that the window records to."""
    from engine.recording.place import sessions_folder
    from engine.recording.recovery import find_unfinished

    return find_unfinished(sessions_folder())


def recover_session(watch: Watch, unfinished: Unfinished) -> Recovered:
    """Write a whole session beside the unfinished one; runs in a process of its own."""
    from engine.recording.recovery import recover

    return recovered_of(recover(unfinished, watch))


def recovered_of(report: RepairReport) -> Recovered:
    """What a repair made, for people."""
    from engine.recording.recovery import duration_text

    amount = f"{duration_text(report.duration_s)}, {report.frames:,} frames"
    return Recovered(report.target, amount, lost_sentence(report))


def lost_sentence(report: RepairReport) -> str:
    """What a repair could not keep."""
    from engine.recording.layout import FRAME_TOPIC

    if report.lossless:
        return "Nothing was lost."
    least = "" if report.lost_is_certain else "at least "
    frames = report.lost.get(FRAME_TOPIC, 0)
    if frames:
        return f"Lost: {least}{frames:,} frame{'s' if frames > 1 else ''}."
    torn = sum(loss.damage.length for loss in report.losses)
    if torn:
        return f"Lost: the last {size_text(torn)}, which were cut off."
    return "Lost: what was captured in the last moment and not written yet."
