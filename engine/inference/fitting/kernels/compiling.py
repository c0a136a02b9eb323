"""How the kernels are compiled: once a machine, and again whenever one of their sources changes.

numba notices a change in the file of a function, but not in the files of the functions that it
calls. The compiled code is therefore kept in a folder named after all the sources together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import numpy.typing as npt
import platformdirs

from engine.inference.fitting.settings import FitSettings

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """Where the machine code of these sources lies."""
    digest = hashlib.sha256(repr((numba.__version__, FitSettings._fields)).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return Path(platformdirs.user_cache_dir("handtune")) / "kernels" / digest.hexdigest()[:16]


def plain(array: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A writeable copy in C order.

    To numba a read-only or transposed array is another type, for which it would compile everything
    again, in the middle of a live session.
    """
    return np.array(array, np.float64, order="C")


def kernel(function: Kernel) -> Kernel:
    """Compile to machine code on the first call; later processes load it from the disk."""
    return _compiled(function, fastmath=False, inline="never")


def inline_kernel(function: Kernel) -> Kernel:
    """A small kernel that is copied into those that call it."""
    return _compiled(function, fastmath=False, inline="always")


def reordering_kernel(function: Kernel) -> Kernel:
    """A kernel whose sums may be reordered, so that it runs on whole vectors; no NaN, please."""
    return _compiled(function, fastmath=True, inline="never")


def _compiled(function: Kernel, *, fastmath: bool, inline: str) -> Kernel:
    # The other threads, the window's above all, go on while a kernel runs.
    options = {"cache": True, "nogil": True, "fastmath": fastmath, "inline": inline}
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        compiled: Kernel = numba.njit(**options)(function)  # type: ignore[call-overload]
    finally:
        config.CACHE_DIR = before
    return compiled
