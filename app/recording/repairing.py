"""A damaged session that was to be played: repaired when asked, in the background. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.background import Watch, Work
from app.banner import Action, Banner, Tone
from app.recording.recovery import Recovered, recovered_of, saved_banner


class RepairPresenter:
    """One session at a time. One thread."""

    def __init__(self, repair: Callable[[Path], Work[Recovered]]) -> None:
        """`repair` starts work."""
        self._repair = repair
        self._path: Path | None = None
        self._work: Work[Recovered] | None = None
        self._outcome: Banner | None = None
        self.latest: Path | None = None
        """The session that was written last."""

    def begin(self, path: Path) -> None:
        """Write a whole session beside a damaged one, unless one is being written."""
        if self._work is None:
            self._path, self._outcome = path, None
            self._work = self._repair(path)

    def poll(self) -> None:
        """Take what has ended."""
        if self._work is not None and self._work.poll():
            self._outcome = self._ended(self._work)
            self._work = None

    def banner(self) -> Banner | None:
        """What to say now, if anything."""
        if self._work is None or self._path is None:
            return self._outcome
        advice = "Every byte is checked; the damaged file stays as it is."
        title = f"Repairing {self._path.name}"
        return Banner(Tone.BUSY, title, advice, Action.CANCEL, share=self._work.share)

    def act(self, action: Action) -> None:
        """Do what a button of the banner says."""
        if action is not Action.SHOW_FOLDER:
            self._outcome = None
        if action is Action.CANCEL and self._work is not None:
            self._work.cancel()

    def close(self) -> None:
        """The window goes: what is under way leaves nothing behind."""
        if self._work is not None:
            self._work.close()
        self._work = None

    def _ended(self, work: Work[Recovered]) -> Banner | None:
        """None where it was cancelled."""
        if work.failure:
            title = "The session could not be repaired"
            return Banner(Tone.ERROR, title, work.failure, Action.DISMISS)
        if work.result is None:
            return None
        self.latest = work.result.target
        return saved_banner("Repaired", work.result, "The damaged file is as it was.")


def repair_session(watch: Watch, path: Path) -> Recovered:
    """Write a whole session beside a damaged one; runs in a process of its own."""
    from engine.recording.repair import free_target, repair

    return recovered_of(repair(path, free_target(path), watch))
