"""What is in a session file and what is not, counted while it is scanned.

Where the summary holds, what is lost is known exactly: it has the number of messages of every
topic. In a file that was never finished only the indexes behind lost chunks can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mcap.records import Message, Schema

from engine.messages import Frame
from engine.recording.damage import Damage
from engine.recording.foreign import checked_topics
from engine.recording.frame_group import group_frames
from engine.recording.header_messages import decode_header
from engine.recording.layout import (
    EVENTS_TOPIC,
    HANDS_TOPIC,
    METADATA_NAME,
    Event,
    NewerSessionError,
    SessionError,
    SessionHeader,
)
from engine.recording.record_reading import GoodChunk, GoodMetadata
from engine.recording.scan import Found
from engine.recording.scene_messages import decode_event, decode_scene
from engine.recording.summary import Summary


@dataclass(frozen=True, slots=True)
class FrameMark:
    """One whole frame."""

    sequence: int
    captured_ns: int
    time_ns: int


@dataclass(frozen=True, slots=True)
class Loss:
    """A place at which messages are missing."""

    damage: Damage
    after_ns: int | None
    """Log time of the last frame before it; None where it is the beginning."""
    before_ns: int | None = None
    """Log time of the first message behind it; None where it is the end."""
    counts: Mapping[str, int] | None = None
    """By topic, by the index of the lost chunk; None where nobody knows."""


class Inventory:
    """Takes in what a scan finds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.header: SessionHeader | None = None
        self.header_problem = ""
        """Why there is none; empty where it is missing altogether."""
        self.first_frame: Frame | None = None
        self.counts: Counter[str] = Counter()
        """Whole messages by topic; images only of whole frames."""
        self.frames: list[FrameMark] = []
        self.events: list[Event] = []
        self.damages: list[Damage] = []
        self.losses: list[Loss] = []
        self.not_understood: list[str] = []
        """Messages that are whole and yet not what their topic promises; a sentence each."""
        self.topics: dict[int, str] = {}
        self._schemas: dict[int, Schema] = {}
        self._open: list[int] = []
        """Losses that wait for what comes behind them."""

    def add(self, found: Found) -> list[tuple[str, Message]]:
        """Take in one find; the messages of it that are whole and understood.

        Raises:
            SessionError: the file has schemas that we do not know, or is of a newer program.
        """
        if isinstance(found, Damage):
            self._add_damage(found)
        elif isinstance(found, GoodMetadata):
            self._add_metadata(found)
        else:
            return self._add_chunk(found)
        return []

    def lost(self, summary: Summary | None) -> tuple[Counter[str], bool]:
        """Messages lost by topic, and whether that is certain."""
        if summary is not None:
            topics = {number: channel.topic for number, channel in summary.channels.items()}
            expected = Counter(
                {
                    topics[number]: count
                    for number, count in summary.statistics.channel_message_counts.items()
                    if number in topics
                }
            )
            return expected - self.counts, True
        known = [loss.counts for loss in self.losses if loss.counts is not None]
        return sum(map(Counter, known), Counter()), len(known) == len(self.losses)

    def _add_damage(self, damage: Damage) -> None:
        self.damages.append(damage)
        if not damage.loses:
            return
        counts = None
        if damage.lost:
            named = {i.channel_id: self.topics.get(i.channel_id, "?") for i in damage.lost}
            counts = {named[index.channel_id]: len(index.records) for index in damage.lost}
        self._open.append(len(self.losses))
        after_ns = self.frames[-1].captured_ns if self.frames else None
        self.losses.append(Loss(damage, after_ns, counts=counts))

    def _add_metadata(self, found: GoodMetadata) -> None:
        if found.metadata.name != METADATA_NAME or self.header is not None:
            return
        try:
            self.header = decode_header(found.metadata.metadata)
        except NewerSessionError as error:
            raise NewerSessionError(f"{self._path}: {error}") from error
        except SessionError as error:
            self.header_problem = str(error)

    def _add_chunk(self, found: GoodChunk) -> list[tuple[str, Message]]:
        self._schemas |= {schema.id: schema for schema in found.content.schemas}
        self.topics |= checked_topics(found.content.channels, self._schemas, self._path)
        messages = [
            (self.topics[item.message.channel_id], item.message)
            for item in found.content.messages
            if item.message.channel_id in self.topics
        ]
        self._close_losses(found.content.times_ns[0])
        bad = self._take_frames(messages)
        kept = [pair for pair in messages if pair[1] not in bad and self._understood(*pair)]
        self.counts.update(topic for topic, _ in kept)
        return kept

    def _close_losses(self, time_ns: int) -> None:
        for place in self._open:
            self.losses[place] = replace(self.losses[place], before_ns=time_ns)
        self._open.clear()

    def _take_frames(self, messages: list[tuple[str, Message]]) -> list[Message]:
        """Note the frames; the messages of those that cannot be understood."""
        bad: list[Message] = []
        for group in group_frames(messages):
            try:
                frame = group.decode()
            except SessionError as error:
                self.not_understood.append(str(error))
                bad += group.parts.values()
                continue
            last = group.last
            self.first_frame = self.first_frame or frame
            self.frames.append(FrameMark(last.sequence, last.log_time, last.publish_time))
        return bad

    def _understood(self, topic: str, message: Message) -> bool:
        try:
            if topic == EVENTS_TOPIC:
                self.events.append(decode_event(message.data))
            elif topic == HANDS_TOPIC:
                decode_scene(message.data)
        except SessionError as error:
            self.not_understood.append(str(error))
            return False
        return True
