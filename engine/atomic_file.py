"""Files that are either whole or not there.

Everything a command writes goes to a hidden file beside its target first, which replaces the target
in one step when it is complete and on disk. A full disk, a crash or Ctrl-C leaves the former
file as it was.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import UserError


class OutputError(UserError):
    """A result cannot be written where it was asked for."""


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path to write to; it becomes `target` when the block ends well, and vanishes otherwise.

    Folders on the way are made. The path ends like the target, because some writers choose their
    format by that.

    Raises:
        OutputError: the place cannot be written, or the disk is full; one sentence.
    """
    partial = target.with_name(f".{target.stem}.partial-{os.getpid()}{target.suffix}")
    try:
        check_writable(target)
        yield partial
        _sync(partial)
        partial.replace(target)
    except OSError as error:
        raise OutputError(_sentence(target, error)) from error
    finally:
        # Gone already where all went well; never there where the folder is none.
        with suppress(OSError):
            partial.unlink()


def check_writable(target: Path) -> None:
    """Find out before the work, not after it, that a result has no place to go.

    Raises:
        OutputError: the target is a folder, or its folder cannot be made or written.
    """
    if target.is_dir():
        raise OutputError(
            f"Cannot write '{target}': a file name is expected, and this is a folder. "
            "Add a file name to it."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        probe = target.with_name(f".{target.name}.probe-{os.getpid()}")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(_sentence(target, error)) from error


def _sync(path: Path) -> None:
    """Wait until the disk has taken the file: only then may it replace the former one."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sentence(target: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"Cannot write '{target}': the disk is full. Nothing was changed; free some space or "
            "name a place on another disk."
        )
    reason = error.strerror or str(error)
    return f"Cannot write '{target}': {reason}. Nothing was changed; name a writable place."


def write_through(path: Path, data: bytes) -> None:
    """Write, wait for the disk, read back; OSError where the disk gives back something else."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if path.read_bytes() != data:
        raise OSError(5, "the disk gave back other bytes than were written")
