"""Which profiles are damaged, found out without holding up the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.adaptation.profile import ProfileError
from engine.adaptation.profile_store import ProfileStore


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a file was like when it was read."""

    stamp: tuple[int, int]
    """(modified in nanoseconds, bytes)."""
    problem: str


class DamageWatch:
    """Reads each file of a store again only where it has changed. One thread."""

    def __init__(self, store: ProfileStore) -> None:
        self._store = store
        self._checked: dict[str, _Checked] = {}

    def look(self, names: Sequence[str]) -> Mapping[str, str]:
        """What is wrong, by name, as far as known: one call reads at most one file, because one
        with weights takes tens of milliseconds."""
        for name in names:
            if self._due(name):
                self.problem(name)
                break
        found = {name: self._checked[name].problem for name in names if name in self._checked}
        return {name: problem for name, problem in found.items() if problem}

    def problem(self, name: str) -> str:
        """What is wrong with a profile's file now; empty where it is whole or there is none."""
        stamp = self._stamp(name)
        if stamp is None:
            self._checked.pop(name, None)
            return ""
        self._checked[name] = _Checked(stamp, self._read(name))
        return self._checked[name].problem

    def _read(self, name: str) -> str:
        try:
            self._store.load(name)
        except ProfileError as error:
            # The store's own words end with what to type, and here are buttons.
            return str(error.__cause__ or error)
        return ""

    def _due(self, name: str) -> bool:
        stamp, checked = self._stamp(name), self._checked.get(name)
        return stamp is not None and (checked is None or checked.stamp != stamp)

    def _stamp(self, name: str) -> tuple[int, int] | None:
        try:
            status = self._store.path(name).stat()
        except (OSError, ProfileError):
            return None
        return status.st_mtime_ns, status.st_size
