"""Where the real recordings for tests lie; tests that need them are skipped without."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_folder(*parts: str) -> Path:
    """A folder of the shared data (HANDTUNE_SHARED, default ../shared); skips where absent."""
    root = Path(os.environ.get("HANDTUNE_SHARED", REPOSITORY.parent / "shared"))
    folder = root.joinpath(*parts)
    if not folder.exists():
        pytest.skip(f"needs the shared data {'/'.join(parts)} (set HANDTUNE_SHARED)")
    return folder
