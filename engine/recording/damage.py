"""What can be wrong with a session file, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mcap.records import MessageIndex


class DamageKind(StrEnum):
    """What is damaged."""

    START = "start"
    """The first bytes, which say that this is a session."""
    CHUNK = "chunk"
    """A chunk: its messages are lost."""
    CHUNK_HEAD = "chunk head"
    """What a chunk says of itself, outside its checksum: its messages are whole."""
    METADATA = "metadata"
    INDEX = "index"
    """What only serves to find messages; it can be made anew."""
    UNKNOWN = "unknown"
    """Bytes that are no record."""
    TORN = "torn"
    """The file ends within a record."""
    UNFINISHED = "unfinished"
    """The file has no end: it was never closed, or is cut off."""
    ENDING = "ending"
    """The checksum over all, the summary or the footer."""


LOSING = (DamageKind.CHUNK, DamageKind.UNKNOWN, DamageKind.TORN, DamageKind.UNFINISHED)
"""Kinds by which messages may be lost."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One place at which the file is not as it was written."""

    kind: DamageKind
    offset: int
    length: int
    """Bytes."""
    text: str
    """What is wrong, as a clause."""
    times_ns: tuple[int, int] | None = None
    """First and last log time of a lost chunk, as its own head has them: unchecked."""
    lost: tuple[MessageIndex, ...] = ()
    """What was in a lost chunk, by the indexes behind it."""

    @property
    def loses(self) -> bool:
        """Whether messages may be lost by it."""
        return self.kind in LOSING

    def __str__(self) -> str:
        return f"at byte {self.offset}: {self.text}"
