"""Where profiles live: one file a person, written so that a loadable one is always there.

A save writes a hidden file, waits for the disk, reads it back and compares, sets the present
profile aside as the former one, and then renames. Whatever moment the program is killed at, the
profile's own name holds either the former or the new one, whole.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs
import psutil

from engine.adaptation.opened_profile import OpenedProfile, fitted_to_program, forget_unpacked
from engine.adaptation.profile import Profile, ProfileError, checked_name
from engine.adaptation.profile_file import profile_bytes, profile_of
from engine.atomic_file import OutputError, replacing, write_through

SUFFIX = ".handtune"
FORMER_SUFFIX = ".former"
_LEFT_BEHIND = re.compile(rf"(?:{re.escape(SUFFIX)})?\.(?:partial|probe)-(\d+)")
"""After a profile's name: of a save, or of the look whether it can be written; by whose process."""


@dataclass(frozen=True, slots=True)
class ListedProfile:
    """One entry of the list of profiles."""

    name: str
    profile: Profile | None
    """None where the file is damaged."""
    problem: str = ""
    has_former: bool = False


def default_folder() -> Path:
    """Where this user's profiles are; HANDTUNE_PROFILES names another folder."""
    named = os.environ.get("HANDTUNE_PROFILES")
    return Path(named) if named else Path(platformdirs.user_data_dir("handtune")) / "profiles"


class ProfileStore:
    """The profiles in one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def path(self, name: str) -> Path:
        """The file of a profile, whether or not it exists; raises ProfileError for bad names."""
        return self.folder / f"{checked_name(name)}{SUFFIX}"

    def names(self) -> tuple[str, ...]:
        """Of all profiles, sorted; damaged ones too."""
        files = self.folder.glob(f"*{SUFFIX}") if self.folder.is_dir() else ()
        return tuple(sorted(f.stem for f in files if not f.name.startswith(".")))

    def listed(self) -> tuple[ListedProfile, ...]:
        """Every profile with what is wrong with it."""
        return tuple(self._listed(name) for name in self.names())

    def load(self, name: str) -> Profile:
        """The profile of a name.

        Raises:
            ProfileError: there is none, or it is damaged; the former one is then named.
        """
        try:
            return _read(self.path(name))
        except FileNotFoundError:
            raise ProfileError(self._none_called(name)) from None
        except ProfileError as error:
            if self.has_former(name):
                raise ProfileError(
                    f"{error} The former one, of before the last save, is whole: use it with "
                    f"`python main.py profiles restore {name!r}`."
                ) from error
            raise ProfileError(
                f"{error} There is no former one; enrol again, or delete it with "
                f"`python main.py profiles delete {name!r}`."
            ) from error

    def load_former(self, name: str) -> Profile:
        """The profile of before the last save.

        Raises:
            ProfileError: there is none, or it is damaged too.
        """
        try:
            return _read(self._former(name))
        except FileNotFoundError:
            raise ProfileError(f"There is no former profile of '{name}'.") from None

    def has_former(self, name: str) -> bool:
        """Whether a whole former profile is there."""
        try:
            self.load_former(name)
        except ProfileError:
            return False
        return True

    def open(self, name: str) -> OpenedProfile:
        """The profile for tracking with this program: the former one where the present is damaged,
        without its weights where they were adapted from others than those shipped now.

        Raises:
            ProfileError: nothing of it can be used; one sentence.
        """
        said: list[str] = []
        try:
            profile = self.load(name)
        except ProfileError as error:
            if not self.has_former(name):
                raise
            profile = self.load_former(name)
            reason = str(error.__cause__ or error)
            said.append(f"{reason} The former one, of {profile.updated or 'before'}, is used.")
        return fitted_to_program(profile, tuple(said))

    def save(self, profile: Profile) -> Profile:
        """Write a profile under its name; the present one becomes the former. Returns it as
        written.

        Raises:
            OutputError: the place cannot be written, or the disk is full; nothing was changed.
        """
        written = replace(profile, name=checked_name(profile.name)).stamped()
        target, data = self.path(written.name), profile_bytes(written)
        self._sweep(target)
        with replacing(target) as partial:
            write_through(partial, data)
            self._keep_former(written.name)
        return written

    def restore_former(self, name: str) -> Profile:
        """Go back to the profile of before the last save; the present one is given up."""
        profile = self.load_former(name)
        with replacing(self.path(name)) as partial:
            write_through(partial, profile_bytes(profile))
        return profile

    def reset(self, name: str, keep_shapes: bool = True) -> Profile:
        """Forget the adapted weights, and the shapes too where they are not to be kept.

        Forgetting is meant: the former profile goes as well.
        """
        profile = self.load(name).without_weights()
        saved = self.save(profile if keep_shapes else profile.without_shapes())
        _forget_made_from(self._former(name))
        self._former(name).unlink(missing_ok=True)
        return saved

    def delete(self, name: str) -> None:
        """Remove a profile and its former one, damaged or not.

        Raises:
            ProfileError: there is none.
            OutputError: the folder cannot be written.
        """
        path = self.path(name)
        if not path.exists():
            raise ProfileError(self._none_called(name))
        try:
            # The former one first: a kill in between must not bring the person back.
            for one in (self._former(name), path):
                _forget_made_from(one)
                one.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"Cannot delete '{path}': {error.strerror}. Nothing was changed; check the "
                "folder's permissions."
            ) from error

    def rename(self, old: str, new: str) -> Profile:
        """Give a profile another name.

        Raises:
            ProfileError: there is none, it is damaged, or the new name is taken or impossible.
        """
        new = checked_name(new)
        if new == checked_name(old):
            return self.load(old)
        if self.path(new).exists():
            raise ProfileError(
                f"There is a profile called '{new}' already; choose another name or delete it."
            )
        profile = self.save(replace(self.load(old), name=new))
        self.delete(old)
        return profile

    def _former(self, name: str) -> Path:
        path = self.path(name)
        return path.with_name(path.name + FORMER_SUFFIX)

    def _keep_former(self, name: str) -> None:
        """Set the present profile aside, unless it is damaged: then the older one is better."""
        present, former = self.path(name), self._former(name)
        try:
            _read(present)
        except (ProfileError, FileNotFoundError):
            return
        # A copy in a step of its own: the present name is never without a file.
        aside = present.with_name(f".{present.stem}.partial-{os.getpid()}{SUFFIX}{FORMER_SUFFIX}")
        try:
            shutil.copyfile(present, aside)
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            _forget_made_from(former)
            os.replace(aside, former)
        finally:
            aside.unlink(missing_ok=True)

    def _sweep(self, target: Path) -> None:
        """Remove what killed saves of this profile left behind."""
        with suppress(OSError):
            for left in target.parent.glob(f".{_literal(target.stem)}.*"):
                made_by = _LEFT_BEHIND.match(left.name, len(target.stem) + 1)
                if made_by and not psutil.pid_exists(int(made_by[1])):
                    left.unlink(missing_ok=True)

    def _listed(self, name: str) -> ListedProfile:
        former = self.has_former(name)
        try:
            return ListedProfile(name, _read(self.path(name)), has_former=former)
        except (ProfileError, FileNotFoundError) as error:
            return ListedProfile(name, None, str(error), former)

    def _none_called(self, name: str) -> str:
        names = ", ".join(f"'{known}'" for known in self.names()) or "none yet"
        return (
            f"There is no profile called '{name}' in '{self.folder}'; there are: {names}. Make "
            f"one with `python main.py enrol SOURCE --profile {name!r}`."
        )


def _read(path: Path) -> Profile:
    """A file under its own name, whatever its header calls it.

    Raises ProfileError with the reason, FileNotFoundError where there is no file.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ProfileError(
            f"The profile '{path}' cannot be read: {error.strerror or error}."
        ) from error
    name = path.name.removesuffix(FORMER_SUFFIX).removesuffix(SUFFIX)
    return replace(profile_of(data, str(path)), name=name)


def _forget_made_from(path: Path) -> None:
    """What was made from the weights in a profile's file goes with it."""
    with suppress(ProfileError, FileNotFoundError):
        forget_unpacked(_read(path))


def _literal(text: str) -> str:
    """Text without meaning to `glob`."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)
