"""The profiles put together: presenter, bar, and the keeper of what is learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from app.banner import Action
from app.profiles.bar import ProfileBar
from app.profiles.keeper import ProfileKeeper
from app.profiles.presenter import ProfilesPresenter
from app.session_use import SessionWish
from engine.adaptation.profile import Profile
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.status import AdaptationStatus
from engine.runtime.clock import monotonic_ns

PERSON_ACTIONS = ("set_improve", "new_user")
PROFILE_CHANGES = {"↺": "reset_profile", "✕": "delete_profile"}


class ProfilesRoom(QObject):
    """Belongs to the window's thread."""

    changed = Signal(str)
    """(name): another profile is in use, or the same one has changed."""

    def __init__(self, store: ProfileStore, actions: Mapping[str, QAction]) -> None:
        """Some of the window's actions become buttons."""
        super().__init__()
        self.presenter = ProfilesPresenter(store, monotonic_ns)
        self.keeper = ProfileKeeper(store)
        self.bar = ProfileBar(
            [actions[name] for name in PERSON_ACTIONS],
            {sign: actions[name] for sign, name in PROFILE_CHANGES.items()},
        )
        self.bar.chosen.connect(self.choose)

    def begin_with(self, name: str) -> None:
        """The profile of the last time; nothing runs yet that would have to change."""
        self.presenter.choose(name)
        self.show()

    def choose(self, name: str) -> None:
        if self.presenter.choose(name):
            self.changed.emit(self.presenter.current)
        self.show(anew=True)

    def reset(self) -> None:
        self._after(self.presenter.reset, self.presenter.current)

    def delete(self) -> None:
        self._after(self.presenter.delete, self.presenter.current)

    def act(self, action: Action) -> bool:
        """Do what a banner's button says; whether it was about profiles."""
        people = self.presenter
        doing = {
            Action.UNDO: lambda: self._after(people.undo, people.undoable),
            Action.RESTORE: lambda: self._after(people.restore_former, people.current),
            Action.DELETE: self._delete_refused,
            Action.DISMISS: people.dismiss,
        }.get(action)
        if doing is not None:
            doing()
        return doing is not None

    def save(self, profile: Profile) -> bool:
        """Keep a new profile; whether it could be written."""
        self.keeper.forget(profile.name)
        saved = self.presenter.save(profile)
        self.show()
        return saved

    def keep(self, wish: SessionWish | None, status: AdaptationStatus | None) -> None:
        """Put what the session for `wish` has learnt into the profile that it began with."""
        better = self.keeper.look(None if wish is None else wish.profile, status)
        if better is not None and better.name == self.presenter.current:
            self.presenter.improved(better)
        failure = self.keeper.poll()
        if failure is not None:
            self.presenter.warn(failure)

    def show(self, anew: bool = False) -> None:
        """Fill the list; `anew`: it may show what was picked in vain."""
        presenter = self.presenter
        self.bar.show_names(presenter.names, presenter.current, presenter.damaged, anew)

    def _delete_refused(self) -> None:
        """Nobody is tracked by it, so nothing has to begin anew."""
        self.keeper.forget(self.presenter.refused)
        self.presenter.delete_refused()
        self.show(anew=True)

    def _after(self, change: Callable[[], bool], name: str) -> None:
        """A change of the profile of that name."""
        self.keeper.forget(name)
        if change():
            self.changed.emit(self.presenter.current)
        self.show(anew=True)
