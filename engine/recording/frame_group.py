"""The messages of one frame, found among all others of a chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mcap.records import Message

from engine.messages import Frame
from engine.recording.frame_messages import decode_frame
from engine.recording.layout import EVENTS_TOPIC, FRAME_TOPIC, HANDS_TOPIC


@dataclass(frozen=True, slots=True, eq=False)
class FrameGroup:
    """The messages of one frame."""

    last: Message
    """On `/frame`: it carries the frame's times and number."""
    parts: Mapping[str, Message]
    """By topic, the last one included."""

    def decode(self) -> Frame:
        """Raises SessionError where a part is missing or not understood."""
        return decode_frame({topic: message.data for topic, message in self.parts.items()})


def group_frames(messages: Iterable[tuple[str, Message]]) -> list[FrameGroup]:
    """The frames among a chunk's messages; what stands before `/frame` belongs to it."""
    groups: list[FrameGroup] = []
    parts: dict[str, Message] = {}
    for topic, message in messages:
        if topic in (HANDS_TOPIC, EVENTS_TOPIC):
            continue
        parts[topic] = message
        if topic == FRAME_TOPIC:
            groups.append(FrameGroup(message, parts))
            parts = {}
    return groups
