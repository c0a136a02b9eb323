"""Disks for tests: one that is nearly full, one that takes nothing."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

Disk = Callable[[str], Path]
_READ_ONLY, _DETACH = 1, 2


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mounts a disk in memory with the options given; skipped where nobody may mount."""
    if sys.platform != "linux":
        pytest.skip("disks in memory are mounted on Linux only")
    libc = ctypes.CDLL(None, use_errno=True)
    with ExitStack() as mounted:

        def mount(options: str) -> Path:
            place = tmp_path / f"disk-{options}"
            place.mkdir()
            flags = _READ_ONLY if "ro" in options.split(",") else 0
            data = ",".join(option for option in options.split(",") if option != "ro")
            name = os.fsencode(place)
            if libc.mount(b"tmpfs", name, b"tmpfs", flags, data.encode()):
                reason = os.strerror(ctypes.get_errno())
                pytest.skip(f"a disk in memory cannot be mounted here ({reason})")
            mounted.callback(libc.umount2, name, _DETACH)
            return place

        yield mount
