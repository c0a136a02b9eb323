"""Keeps what the adaptation learns in the person's profile, as soon as the gate accepted it."""

from __future__ import annotations

import threading
from dataclasses import replace

from engine.adaptation.profile import Profile
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.status import AdaptationStatus
from engine.errors import UserError


class ProfileKeeper:
    """Saves in the background, one save after the other. All methods belong to one thread."""

    def __init__(self, store: ProfileStore) -> None:
        self._store = store
        self._revision = 0
        self._accepted = 0
        self._waiting: Profile | None = None
        self._saving: _Save | None = None

    def begin(self) -> None:
        """Another session: it counts its revisions anew."""
        self._revision, self._accepted = 0, 0

    def look(self, profile: Profile | None, status: AdaptationStatus | None) -> Profile | None:
        """Take note of other weights in use; the profile with them, or None where nothing is new.

        Without a profile nothing is kept.
        """
        if profile is None or status is None or status.revision == self._revision:
            return None
        try:
            weights = status.weights.read_bytes()
        except OSError:
            return None  # The learner's folder went with it; the last save holds what it had.
        self._revision = status.revision
        accepted = sum(decision.accepted for decision in status.progress.decisions)
        provenance = replace(
            profile.provenance,
            decisions=profile.provenance.decisions + max(accepted - self._accepted, 0),
        )
        self._accepted = accepted
        improved = replace(profile, weights=weights, provenance=provenance)
        self._waiting = improved
        self.poll()
        return improved

    def poll(self) -> UserError | None:
        """Go on with what waits; why the last save failed, once."""
        failure: UserError | None = None
        if self._saving is not None and self._saving.ended:
            failure, self._saving = self._saving.failure, None
        if self._waiting is not None and self._saving is None:
            self._saving, self._waiting = _Save(self._store, self._waiting), None
        return failure

    def forget(self, name: str) -> None:
        """A profile was reset or deleted: do not bring it back."""
        if self._waiting is not None and self._waiting.name == name:
            self._waiting = None
        if self._saving is not None and self._saving.name == name:
            self._saving.join(5.0)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Finish saving; False when that takes longer than `timeout_s` for each save."""
        while self._saving is not None:
            if not self._saving.join(timeout_s):
                return False
            self.poll()
        return True


class _Save:
    """One save in a thread of its own. Not a daemon: the program's end waits for the disk."""

    def __init__(self, store: ProfileStore, profile: Profile) -> None:
        self.name = profile.name
        self.failure: UserError | None = None
        self._store, self._profile = store, profile
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
            self._store.save(self._profile)
        except UserError as error:
            self.failure = error
