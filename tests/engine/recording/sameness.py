"""Whether two values are the same in every bit."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


def same(first: Any, second: Any) -> bool:
    """Equal in every bit of every array, through all dataclasses."""
    if isinstance(first, np.ndarray):
        return (
            first.dtype == second.dtype
            and first.shape == second.shape
            and first.tobytes() == second.tobytes()
        )
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if hasattr(first, "__dataclass_fields__"):
        return type(first) is type(second) and all(
            same(getattr(first, f.name), getattr(second, f.name)) for f in fields(first)
        )
    return bool(first == second)
