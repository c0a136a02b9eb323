"""`with` for whatever must be closed or stopped, however the block ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class CloseOnExit:
    """For what is open when it is constructed; `close` stands in the class itself."""

    def close(self) -> None:
        """Nothing to release, unless the class says otherwise."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class StopOnExit(ABC):
    """For what runs in threads of its own, inside the block only."""

    @abstractmethod
    def start(self) -> None:
        """Start all threads, or none and raise."""

    @abstractmethod
    def stop(self, timeout_s: float = 5.0) -> bool:
        """End them; False where one still hangs after `timeout_s`."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
