"""Keeps what the adaptation learns in the person's profile, as soon as the gate accepted it.

A save that fails is tried again after a pause, and once more at the end.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from engine.adaptation.profile import Profile
from engine.adaptation.profile_changes import improved
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.status import AdaptationStatus
from engine.errors import UserError
from engine.runtime.clock import NS_PER_S, monotonic_ns

RETRY_S = 30


class ProfileKeeper:
    """Saves in the background, one save after the other. All methods belong to one thread."""

    def __init__(self, store: ProfileStore, clock_ns: Callable[[], int] = monotonic_ns) -> None:
        self._store = store
        self._clock_ns = clock_ns
        self._revision = 0
        self._forgotten: set[str] = set()
        self._waiting: dict[str, Profile] = {}
        """The newest of each person."""
        self._saving: _Save | None = None
        self._not_before_ns = 0
        self._told = ""

    def begin(self) -> None:
        """Another session: it counts its revisions anew."""
        self._revision = 0
        self._forgotten.clear()

    def look(self, began: Profile | None, status: AdaptationStatus | None) -> Profile | None:
        """Take note of other weights in use, for `poll` to save; the profile with them, or None
        where nothing is new.

        `began`: the profile that the session began with; without one nothing is kept.
        """
        if began is None or status is None or began.name in self._forgotten:
            return None
        if status.revision == self._revision:
            return None
        try:
            better = improved(began, status)
        except OSError:
            return None  # The learner's folder went with it; the last save holds what it had.
        self._revision = status.revision
        self._waiting[better.name] = better
        self._not_before_ns = 0
        return better

    def poll(self) -> UserError | None:
        """Go on with what waits; why a save failed, once until one succeeds."""
        failure = self._settle()
        if self._clock_ns() >= self._not_before_ns:
            self._save_next()
        if failure is None or str(failure) == self._told:
            return None
        self._told = str(failure)
        return failure

    def forget(self, name: str) -> None:
        """A profile is changed or deleted by hand: what the present session learns, or has learnt,
        must not come back into it."""
        self._forgotten.add(name)
        self._waiting.pop(name, None)
        if self._saving is not None and self._saving.profile.name == name:
            self._saving.wanted = False
            self._saving.join(5.0)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Finish saving, and try once more what failed; whether everything is saved now. What is
        not is said on stderr. Gives up after `timeout_s` for each save."""
        if not self._ended(timeout_s):
            return False
        self._settle()
        failures = []
        for _ in range(len(self._waiting)):  # One that fails waits again, behind the others.
            self._save_next()
            if not self._ended(timeout_s):
                return False
            failures.append(self._settle())
        for failure in filter(None, failures):
            print(f"handtune: {failure}", file=sys.stderr)
        return not self._waiting

    def _ended(self, timeout_s: float) -> bool:
        return self._saving is None or self._saving.join(timeout_s)

    def _settle(self) -> UserError | None:
        """Take note of a save that has ended; why it failed."""
        save = self._saving
        if save is None or not save.ended:
            return None
        self._saving = None
        if save.failure is None or not save.wanted:
            self._told = ""
            return None
        self._waiting.setdefault(save.profile.name, save.profile)
        self._not_before_ns = self._clock_ns() + RETRY_S * NS_PER_S
        return save.failure

    def _save_next(self) -> None:
        if self._waiting and self._saving is None:
            name = next(iter(self._waiting))
            self._saving = _Save(self._store, self._waiting.pop(name))


class _Save:
    """One save in a thread of its own. Not a daemon: the program's end waits for the disk."""

    def __init__(self, store: ProfileStore, profile: Profile) -> None:
        self.profile = profile
        self.failure: UserError | None = None
        self.wanted = True
        self._store = store
        self._thread = threading.Thread(target=self._run, name="profile")
        self._thread.start()

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def join(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return self.ended

    def _run(self) -> None:
        try:
            self._store.save(self.profile)
        except UserError as error:
            self.failure = error
