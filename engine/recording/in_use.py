"""Whether somebody is writing a file just now.

A lock of the operating system on a hidden file beside it: it goes with its process, however that
ends, so a session that a crash left behind can be told from one that is being recorded.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

_UNSUPPORTED = (OSError, NotImplementedError)
"""Some network disks know no locks, and some folders cannot be written: nobody is hindered."""


class Hold:
    """Marks a file as being written until released."""

    def __init__(self, path: Path) -> None:
        self._lock = _lock_of(path)
        with suppress(Timeout, *_UNSUPPORTED):
            self._lock.acquire()

    def release(self) -> None:
        """May be called twice."""
        with suppress(*_UNSUPPORTED):
            held = self._lock.is_locked
            self._lock.release()
            if held:
                Path(self._lock.lock_file).unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Whether a living process holds the file."""
    lock = _lock_of(path)
    if not Path(lock.lock_file).exists():
        return False
    try:
        lock.acquire()
    except Timeout:
        return True
    except _UNSUPPORTED:
        return False
    lock.release()
    return False


def _lock_of(path: Path) -> BaseFileLock:
    name = path.with_name(f".{path.name}.lock")
    return FileLock(name, timeout=0, thread_local=False)
