"""The header of a session file as metadata and as calibrations, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from calibration.camera_model import PinholeCamera
from engine.recording.images import encode_calibration, encode_transform
from engine.recording.layout import (
    COLOR,
    DEPTH,
    FORMAT_VERSION,
    TRANSFORMS_TOPIC,
    NewerSessionError,
    PictureInfo,
    SessionHeader,
    calibration_topic,
)
from engine.recording.message_parts import (
    Encoded,
    compact_json,
    transform_from,
    transform_to,
    understanding,
)


def encode_calibrations(header: SessionHeader) -> tuple[Encoded, ...]:
    """Intrinsics of every imager, and where each stands in the depth image's frame."""
    at_ns = header.started_ns
    depth = encode_calibration(header.camera, DEPTH, at_ns)
    messages = [Encoded(calibration_topic(stream), depth) for stream in (DEPTH, COLOR)]
    for picture in header.pictures:
        calibration = encode_calibration(picture.camera, picture.name, at_ns)
        place = encode_transform(picture.T_depth_from_picture, (DEPTH, picture.name), at_ns)
        messages.append(Encoded(calibration_topic(picture.name), calibration))
        messages.append(Encoded(TRANSFORMS_TOPIC, place))
    return tuple(messages)


def encode_header(header: SessionHeader) -> dict[str, str]:
    """As the text values of a metadata record: plain text, or JSON for what is none."""
    pictures = [
        {"name": p.name, "camera": asdict(p.camera), **transform_to(p.T_depth_from_picture)}
        for p in header.pictures
    ]
    fields = {name: getattr(header, name) for name in SessionHeader.__dataclass_fields__}
    fields |= {"camera": asdict(header.camera), "pictures": pictures}
    texts = {
        name: value if isinstance(value, str) else json.dumps(value, allow_nan=False)
        for name, value in fields.items()
    }
    return texts | {_DIGEST: _digest(texts)}


def decode_header(metadata: Mapping[str, str]) -> SessionHeader:
    """The header of a metadata record.

    Raises:
        NewerSessionError: of a newer program.
        SessionError: changed since it was written, or not a header.
    """
    with understanding("its header"):
        found = {name: text for name, text in metadata.items() if name != _DIGEST}
        if metadata[_DIGEST] != _digest(found):
            raise ValueError("its content has changed since it was written")
        version = int(metadata["format_version"])
    if not 1 <= version <= FORMAT_VERSION:
        raise NewerSessionError(
            f"The session has format {version}, and this program reads up to {FORMAT_VERSION}; "
            "open it with a newer program."
        )
    with understanding("its header"):
        texts = {name for name, f in SessionHeader.__dataclass_fields__.items() if f.type == "str"}
        fields: dict[str, Any] = {
            name: metadata[name] if name in texts else json.loads(metadata[name])
            for name in SessionHeader.__dataclass_fields__
        }
        fields["camera"] = PinholeCamera(**fields["camera"])
        fields["pictures"] = tuple(
            PictureInfo(p["name"], PinholeCamera(**p["camera"]), transform_from(p))
            for p in fields["pictures"]
        )
        return SessionHeader(**fields)


def _digest(texts: Mapping[str, str]) -> str:
    """MCAP has no checksum for metadata."""
    return hashlib.sha256(compact_json(sorted(texts.items()))).hexdigest()


_DIGEST = "sha256"
"""Of a header's other values."""
