"""Which person is tracked, and what can be done with the profiles. Knows nothing of Qt.

Nothing is asked before a reset or a deletion: both can be undone for a while instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.banner import Action, Banner, Tone
from app.profiles.damage import DamageWatch
from app.profiles.kept_files import KeptFiles
from engine.adaptation.opened_profile import OpenedProfile
from engine.adaptation.profile import Profile
from engine.adaptation.profile_changes import enrolled
from engine.adaptation.profile_store import ProfileStore
from engine.errors import UserError
from engine.runtime.clock import NS_PER_S

UNDO_S = 20.0
WARNING_S = 30.0
NOBODY = ""
"""The name of having no profile."""


@dataclass(frozen=True, slots=True)
class _Notice:
    """A banner for a while."""

    banner: Banner
    until_ns: int


@dataclass(frozen=True, slots=True)
class _Undo:
    """How to bring a profile back."""

    name: str
    kept: KeptFiles


class ProfilesPresenter:
    """The profiles of one store and the one in use. One thread."""

    def __init__(self, store: ProfileStore, clock_ns: Callable[[], int]) -> None:
        self._store = store
        self._clock_ns = clock_ns
        self._opened: OpenedProfile | None = None
        self._refused = NOBODY
        self._damage = DamageWatch(store)
        self._notice: _Notice | None = None
        self._undo: _Undo | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Of all profiles there are; damaged ones too, choosing one says what is wrong."""
        return self._store.names()

    @property
    def damaged(self) -> Mapping[str, str]:
        """What is wrong with damaged profiles, by name; ask again, it is found out bit by bit."""
        return self._damage.look(self.names)

    @property
    def current(self) -> str:
        """Name of the profile in use; NOBODY without one."""
        return NOBODY if self._opened is None else self._opened.profile.name

    @property
    def profile(self) -> Profile | None:
        return None if self._opened is None else self._opened.profile

    @property
    def refused(self) -> str:
        """Name of the profile that could not be used when it was chosen last; NOBODY without."""
        return self._refused

    @property
    def undoable(self) -> str:
        """Name of the profile that `undo` would bring back; NOBODY where there is none."""
        return NOBODY if self._undo is None else self._undo.name

    def choose(self, name: str) -> bool:
        """Use this profile, or none; whether the one in use has changed.

        One that cannot be used is told in the banner, which offers to delete it, and the one in
        use stays. Where the former one stands in, the banner offers to restore that for good.
        """
        before = self.current
        if name == NOBODY:
            self._opened = None
            return before != NOBODY
        damage = self._damage.problem(name)
        try:
            opened = self._store.open(name)
        except UserError as error:
            self._refuse(name, f"{damage} {_ENROL_AGAIN}" if damage else str(error))
            return False
        self._opened = opened
        if opened.sentences:
            action = Action.RESTORE if damage else Action.DISMISS
            title = "Not everything in this profile can be used"
            self._warn(title, " ".join(opened.sentences), action)
        return True

    def save(self, profile: Profile) -> bool:
        """Keep freshly measured hands, with what is known of that person already, and use the
        profile from now on; False where it could not be written."""
        kept = KeptFiles.of(self._store.path(profile.name))
        replaced = profile.name in self.names
        merged = enrolled(self._store, profile)
        try:
            self._store.save(merged.profile)
        except UserError as error:
            self._warn("The profile was not saved", str(error))
            return False
        self.choose(profile.name)
        if replaced:
            said = f"{profile.name} was enrolled anew"
            self._offer_undo(profile.name, kept, said, " ".join(merged.sentences))
        return True

    def reset(self) -> bool:
        """Forget the adapted weights of the profile in use; whether that was done."""
        if self._opened is None:
            return False
        name = self.current
        return self._change(
            name, lambda: self._store.reset(name), f"{name} is back to the shipped weights"
        )

    def delete(self) -> bool:
        """Delete the profile in use; whether that was done."""
        if self._opened is None:
            return False
        name = self.current
        return self._change(name, lambda: self._store.delete(name), f"{name} was deleted")

    def delete_refused(self) -> bool:
        """Delete the profile that could not be used when it was chosen last; whether it was done.

        The one in use stays.
        """
        name, self._refused = self._refused, NOBODY
        if name == NOBODY:
            return False
        return self._change(name, lambda: self._store.delete(name), f"{name} was deleted")

    def restore_former(self) -> bool:
        """Put the former file of the profile in use in place of the damaged one; whether that was
        done."""
        if self._opened is None:
            return False
        name = self.current
        said = f"The former profile of {name} is restored"
        return self._change(name, lambda: self._store.restore_former(name), said)

    def undo(self) -> bool:
        """Bring back what was reset or deleted last; whether there was something."""
        undo, self._undo, self._notice = self._undo, None, None
        if undo is None:
            return False
        try:
            undo.kept.bring_back()
        except UserError as error:
            self._warn("It could not be brought back", str(error))
            return False
        return self.choose(undo.name)

    def improved(self, profile: Profile) -> None:
        """The profile in use has learnt something; it is saved elsewhere."""
        self._opened = OpenedProfile(profile)

    def dismiss(self) -> None:
        """The person has read it."""
        self._notice, self._undo = None, None

    def warn(self, error: UserError) -> None:
        """Show what went wrong with the profile in use."""
        self._warn("The profile was not saved", str(error))

    def banner(self) -> Banner | None:
        """What to say now, if anything."""
        if self._notice is not None and self._clock_ns() > self._notice.until_ns:
            self.dismiss()
        return None if self._notice is None else self._notice.banner

    def _change(self, name: str, change: Callable[[], object], said: str) -> bool:
        """Do what can be undone."""
        kept = KeptFiles.of(self._store.path(name))
        try:
            change()
        except UserError as error:
            self._warn("Nothing was changed", str(error))
            return False
        if name == self.current:
            self._opened = None
            if name in self.names:
                self.choose(name)
        self._offer_undo(name, kept, said)
        return True

    def _offer_undo(self, name: str, kept: KeptFiles, said: str, advice: str = "") -> None:
        self._undo = _Undo(name, kept)
        self._say(Banner(Tone.CALM, said, advice, Action.UNDO), UNDO_S)

    def _refuse(self, name: str, advice: str) -> None:
        exists = name in self.names
        action = Action.DELETE if exists else Action.DISMISS
        self._refused = name if exists else NOBODY
        self._warn("This profile cannot be used", advice, action)

    def _warn(self, title: str, advice: str, action: Action = Action.DISMISS) -> None:
        self._undo = None
        self._say(Banner(Tone.WARNING, title, advice, action), WARNING_S)

    def _say(self, banner: Banner, seconds: float) -> None:
        self._notice = _Notice(banner, self._clock_ns() + int(seconds * NS_PER_S))


_ENROL_AGAIN = "There is no former one: enrol again, or delete it."
