"""Files that are no session of this program, told apart from damaged ones; one sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mcap.records import Channel, Schema

from engine.recording.layout import METADATA_NAME, SessionError, schema_of
from engine.recording.mcap_records import MAGIC


def refuse_foreign(start: bytes, path: Path) -> None:
    """Raise SessionError where the first bytes say that a file is something else. One wrong byte is
    damage; more are another format."""
    wrong = sum(a != b for a, b in zip(start, MAGIC, strict=False)) + len(MAGIC) - len(start)
    if wrong > 1:
        raise SessionError(
            f"{path}: not a recorded session: an MCAP file is expected. Record one with "
            "`python main.py record`."
        )
    if start[5:6] != MAGIC[5:6] and start[5:6].isdigit():
        raise SessionError(
            f"{path}: of version {start[5:6].decode()} of MCAP, and this program reads version 0; "
            "open it with a newer program."
        )


def checked_topics(
    channels: Iterable[Channel], schemas: Mapping[int, Schema], path: Path
) -> dict[int, str]:
    """Topics by channel number.

    Raises:
        SessionError: one of a session's topics holds something that we cannot read.
    """
    topics: dict[int, str] = {}
    for channel in channels:
        topics[channel.id] = channel.topic
        try:
            expected = schema_of(channel.topic)
        except ValueError:
            continue  # Somebody else's, beside ours.
        schema = schemas.get(channel.schema_id)
        if schema is None or schema.name != expected:
            found = "none" if schema is None else f"'{schema.name}'"
            raise SessionError(
                f"{path}: the topic '{channel.topic}' has an unknown schema: expected "
                f"'{expected}', found {found}. It was made by another program; record it with this "
                "one."
            )
    return topics


def no_header(path: Path) -> SessionError:
    return SessionError(
        f"{path}: no calibration inside: an MCAP file without the record '{METADATA_NAME}' was "
        "made by another program. Record a session with `python main.py record`."
    )
