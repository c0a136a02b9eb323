"""Stand-ins for work in the background: every fact is the test's."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class FakeWork(Generic[T]):
    """Has ended unless the test says otherwise."""

    def __init__(self, result: T | None = None, over: bool = True) -> None:
        self.share = 0.0
        self.result = result
        self.failure = ""
        self.over = over
        self.cancelled = self.closed = False

    def poll(self) -> bool:
        return self.over

    def cancel(self) -> None:
        self.cancelled = True

    def close(self) -> None:
        self.cancel()
        self.closed = True
