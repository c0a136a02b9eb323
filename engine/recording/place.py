"""Where the files of a session stand: never over another one, `*.mcap.part` until whole."""

from __future__ import annotations

import errno
import os
import re
from datetime import datetime
from pathlib import Path

import platformdirs

from engine.recording.layout import PART_SUFFIX, SUFFIX, SessionError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def sessions_folder() -> Path:
    """Where this user's sessions go unless told otherwise; HANDTUNE_SESSIONS names another one."""
    named = os.environ.get("HANDTUNE_SESSIONS")
    return Path(named) if named else Path(platformdirs.user_data_dir("handtune")) / "sessions"


def new_session_path(source_uri: str, folder: Path | None = None) -> Path:
    """A name that is free: date, time and source, such as 2026-03-04_09-10-11_sim.mcap."""
    scheme, _, rest = source_uri.partition(":")
    location = Path(rest.partition("?")[0]).stem if "=" not in rest else ""
    words = [scheme, *re.findall(r"\w+", location)]
    stem = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{'-'.join(filter(None, words))[:60]}"
    path, number = (folder or sessions_folder()) / f"{stem}{SUFFIX}", 2
    while path.exists() or part_of(path).exists():
        path, number = path.with_name(f"{stem}-{number}{SUFFIX}"), number + 1
    return path


def checked_target(path: Path) -> Path:
    """The path to record to, its folder made.

    Raises:
        SessionError: it does not end in .mcap, is taken, or its folder cannot be made.
    """
    if path.suffix.lower() != SUFFIX:
        raise SessionError(
            f"Cannot record to '{path}': the name of a session ends in {SUFFIX}; write for example "
            f"'{path.with_suffix(SUFFIX)}'."
        )
    try:
        if path.exists():
            raise SessionError(
                f"Cannot record to '{path}': there is something of this name already, and nothing "
                "is ever recorded over; choose another name."
            )
        if part_of(path).exists():
            raise SessionError(
                f"Cannot record to '{path}': '{part_of(path).name}' is left there of an unfinished "
                f'recording; get it back with `python main.py repair "{part_of(path)}"`, or choose '
                "another name."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(refused(path, error)) from error
    return path


def part_of(path: Path) -> Path:
    """The name of a session's file while it is being written."""
    return path.with_name(path.name.removesuffix(path.suffix) + PART_SUFFIX)


def numbered(path: Path, part: int) -> Path:
    """The file of that part: NAME.mcap, then NAME_001.mcap, NAME_002.mcap, ..."""
    return path if part == 0 else path.with_name(f"{path.stem}_{part:03d}{path.suffix}")


def finished(part: Path, path: Path) -> Path:
    """Give a whole file its name: another one where somebody has taken that meanwhile, and the old
    one where the disk takes none."""
    target, number = path, 2
    try:
        while target.exists():
            target = path.with_name(f"{path.stem} ({number}){path.suffix}")
            number += 1
        part.rename(target)
    except OSError:
        return part
    return target


def refused(path: Path, error: OSError) -> str:
    """Why nothing can be recorded there."""
    if isinstance(error, FileExistsError):
        return f"Cannot record to '{path}': what should be its folder is a file; name another one."
    if error.errno in _FULL:
        return f"Cannot record to '{path}': the disk is full; free some space or use another disk."
    reason = error.strerror or str(error)
    return f"Cannot record to '{path}': {reason}; name a writable place."


def interrupted(error: OSError) -> str:
    """Why a recording that had begun has ended, as the first half of a sentence."""
    if error.errno in _FULL:
        return "The recording ended because the disk is full"
    return f"The recording ended because the disk took no more ({error.strerror or error})"
