"""What every test of the engine gets: torch on one thread, so that times and sums repeat."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(autouse=True)
def one_torch_thread() -> None:
    """Holds torch to one thread, in tests that have imported it."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
