"""Frames, scenes, events and headers as messages of a session file, and back, without any loss.

Both directions of every kind stand side by side here. What is decoded is equal to what was encoded,
bit for bit, but for the vertices of hands: those are not stored and follow from the hand model.
Raises SessionError where a message does not hold what its topic promises.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, pose_hand
from engine.messages import Float32, Frame, HandState, HandTruth, Picture, Scene, Side
from engine.recording.images import (
    decode_image,
    encode_calibration,
    encode_image,
    encode_transform,
)
from engine.recording.json_numbers import (
    from_base64,
    from_numbers,
    to_base64,
    to_number,
    to_numbers,
)
from engine.recording.layout import (
    COLOR,
    DEPTH,
    EVENTS_TOPIC,
    FORMAT_VERSION,
    FRAME_TOPIC,
    HANDS_TOPIC,
    TRANSFORMS_TOPIC,
    TRUTH_TOPIC,
    Event,
    EventKind,
    NewerSessionError,
    PictureInfo,
    SessionError,
    SessionHeader,
    calibration_topic,
    image_topic,
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One message before it gets its times."""

    topic: str
    data: bytes


def encode_frame(frame: Frame) -> tuple[Encoded, ...]:
    """The images of a frame, its truth, and `/frame` last: where that is, the rest is whole."""
    at_ns = frame.captured_ns
    depth, unit = encode_depth(frame)
    messages = [Encoded(image_topic(DEPTH), encode_image(depth, DEPTH, at_ns))]
    if frame.color is not None:
        messages.append(Encoded(image_topic(COLOR), encode_image(frame.color, DEPTH, at_ns)))
    for picture in frame.pictures:
        data = encode_image(picture.pixels, picture.name, picture.captured_ns)
        messages.append(Encoded(image_topic(picture.name), data))
    if frame.truth:
        hands = [_truth_to(hand) for hand in frame.truth]
        messages.append(Encoded(TRUTH_TOPIC, _json({"hands": hands})))
    about = {
        "camera_id": frame.camera_id,
        "sequence": frame.sequence,
        "captured_ns": at_ns,
        "source_ns": frame.source_ns,
        "name": frame.name,
        "camera": asdict(frame.camera),
        "depth_unit_m": frame.depth_unit_m,
        "depth_stored_in_m": unit,
        "color": frame.color is not None,
        "truth": bool(frame.truth),
        "pictures": [_picture_to(picture) for picture in frame.pictures],
    }
    return (*messages, Encoded(FRAME_TOPIC, _json(about)))


def decode_frame(messages: Mapping[str, bytes]) -> Frame:
    """The frame of its messages by topic (others are ignored).

    Raises:
        SessionError: one of them is missing, or is not what its topic promises.
    """
    with _understanding("a frame"):
        about = json.loads(messages[FRAME_TOPIC])
        captured_ns = int(about["captured_ns"])
        color = decode_image(messages[image_topic(COLOR)]) if about["color"] else None
        stored = decode_image(messages[image_topic(DEPTH)])
        truth = json.loads(messages[TRUTH_TOPIC])["hands"] if about["truth"] else []
        return Frame(
            camera_id=about["camera_id"],
            sequence=int(about["sequence"]),
            captured_ns=captured_ns,
            camera=PinholeCamera(**about["camera"]),
            depth_m=decode_depth(stored, float(about["depth_stored_in_m"])),
            color=color,
            truth=tuple(_truth_from(hand) for hand in truth),
            name=about["name"],
            source_ns=about["source_ns"],
            depth_unit_m=float(about["depth_unit_m"]),
            pictures=tuple(_picture_from(p, messages) for p in about["pictures"]),
        )


def encode_depth(frame: Frame) -> tuple[np.ndarray, float]:
    """Depth as whole numbers and their unit, where they give back each pixel bit for bit; otherwise
    the metres themselves, and 0. A source may name a unit and still have changed its depth since:
    only what is found equal is stored small."""
    unit = np.float32(frame.depth_unit_m)
    if unit > 0:
        # One buffer for all steps: fresh memory would cost more than the arithmetic.
        metres = np.multiply(frame.depth_m, np.float32(1.0) / unit, dtype=np.float32)
        with np.errstate(invalid="ignore"):  # NaN and infinity are found unequal below.
            raw = np.rint(metres, out=metres).astype(np.uint16)
        np.multiply(raw, unit, out=metres, dtype=np.float32)
        if np.array_equal(metres.view("i4"), frame.depth_m.view("i4")):
            return raw, float(unit)
    return frame.depth_m, 0.0


def decode_depth(stored: np.ndarray, unit_m: float) -> Float32:
    """Metres [H, W] of a stored depth image; `unit_m` is 0 where it holds metres already."""
    if stored.ndim != 2 or (stored.dtype == np.uint16) != (unit_m > 0):
        raise ValueError(f"depth is stored as {stored.dtype} with a unit of {unit_m} m")
    if unit_m > 0:
        return np.multiply(stored, np.float32(unit_m), dtype=np.float32)
    return stored.astype(np.float32, copy=False)


def encode_scene(scene: Scene) -> Encoded:
    value = {
        "sequence": scene.sequence,
        "captured_ns": scene.captured_ns,
        "published_ns": scene.published_ns,
        "stage_ms": {name: to_number(ms) for name, ms in scene.stage_ms.items()},
        "hands": [_hand_to(hand) for hand in scene.hands],
    }
    return Encoded(HANDS_TOPIC, _json(value))


def decode_scene(data: bytes, model: HandModel | None = None) -> Scene:
    """The scene of a message. `model` is the right hand of the model that it was tracked with; its
    vertices are made anew. Without one, hands have no vertices ([0, 3])."""
    with _understanding("a tracked scene"):
        value = json.loads(data)
        models = None if model is None else {Side.RIGHT: model, Side.LEFT: model.mirrored()}
        stages = {name: float(ms) for name, ms in value["stage_ms"].items()}
        return Scene(
            sequence=int(value["sequence"]),
            captured_ns=int(value["captured_ns"]),
            hands=tuple(_hand_from(hand, models) for hand in value["hands"]),
            published_ns=int(value["published_ns"]),
            stage_ms=MappingProxyType(stages),
        )


def encode_event(event: Event) -> Encoded:
    value = {
        "time_ns": event.time_ns,
        "kind": event.kind,
        "text": event.text,
        "figures": {name: to_number(figure) for name, figure in event.figures.items()},
    }
    return Encoded(EVENTS_TOPIC, _json(value))


def decode_event(data: bytes) -> Event:
    with _understanding("an event"):
        value = json.loads(data)
        figures = {name: float(figure) for name, figure in value["figures"].items()}
        return Event(
            int(value["time_ns"]),
            EventKind(value["kind"]),
            str(value["text"]),
            MappingProxyType(figures),
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
        {"name": p.name, "camera": asdict(p.camera), **_transform_to(p.T_depth_from_picture)}
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
    with _understanding("its header"):
        found = {name: text for name, text in metadata.items() if name != _DIGEST}
        if metadata[_DIGEST] != _digest(found):
            raise ValueError("its content has changed since it was written")
        version = int(metadata["format_version"])
    if not 1 <= version <= FORMAT_VERSION:
        raise NewerSessionError(
            f"The session has format {version}, and this program reads up to {FORMAT_VERSION}; "
            "open it with a newer program."
        )
    with _understanding("its header"):
        texts = {name for name, f in SessionHeader.__dataclass_fields__.items() if f.type == "str"}
        fields: dict[str, Any] = {
            name: metadata[name] if name in texts else json.loads(metadata[name])
            for name in SessionHeader.__dataclass_fields__
        }
        fields["camera"] = PinholeCamera(**fields["camera"])
        fields["pictures"] = tuple(
            PictureInfo(p["name"], PinholeCamera(**p["camera"]), _transform_from(p))
            for p in fields["pictures"]
        )
        return SessionHeader(**fields)


def _digest(texts: Mapping[str, str]) -> str:
    """MCAP has no checksum for metadata."""
    return hashlib.sha256(_json(sorted(texts.items()))).hexdigest()


@contextmanager
def _understanding(what: str) -> Iterator[None]:
    """Whatever a damaged or foreign message runs into is one sentence."""
    try:
        yield
    except KeyError as error:
        raise SessionError(
            f"The session cannot be understood: {what} lacks {error}. It was damaged, or made by "
            "another program; `python main.py verify` says more."
        ) from error
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise SessionError(
            f"The session cannot be understood: {what} is not of the expected form ({error}). It "
            "was damaged, or made by another program; `python main.py verify` says more."
        ) from error


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode()


def _transform_to(transform: RigidTransform) -> dict[str, Any]:
    return {
        "rotation": to_numbers(transform.rotation),
        "translation": to_numbers(transform.translation),
    }


def _transform_from(value: Mapping[str, Any]) -> RigidTransform:
    return RigidTransform(
        from_numbers(value["rotation"], 3, 3), from_numbers(value["translation"], 3)
    )


def _picture_to(picture: Picture) -> dict[str, Any]:
    return {
        "name": picture.name,
        "captured_ns": picture.captured_ns,
        "camera": asdict(picture.camera),
        **_transform_to(picture.T_depth_from_picture),
    }


def _picture_from(value: Mapping[str, Any], messages: Mapping[str, bytes]) -> Picture:
    return Picture(
        name=value["name"],
        captured_ns=int(value["captured_ns"]),
        camera=PinholeCamera(**value["camera"]),
        T_depth_from_picture=_transform_from(value),
        pixels=decode_image(messages[image_topic(value["name"])]),
    )


def _truth_to(hand: HandTruth) -> dict[str, Any]:
    vertices = None if hand.vertices is None else to_base64(hand.vertices)
    return {"side": hand.side, "joints": to_numbers(hand.joints), "vertices": vertices}


def _truth_from(value: Mapping[str, Any]) -> HandTruth:
    vertices = value["vertices"]
    return HandTruth(
        Side(value["side"]),
        from_numbers(value["joints"], 21, 3),
        None if vertices is None else from_base64(vertices, 3),
    )


def _hand_to(hand: HandState) -> dict[str, Any]:
    return {
        "hand_id": hand.hand_id,
        "side": hand.side,
        "captured_ns": hand.captured_ns,
        **{name: to_numbers(getattr(hand, name)) for name in _HAND_ARRAYS},
        "residual_m": to_number(hand.residual_m),
        "presence": to_number(hand.presence),
        "weights_revision": hand.weights_revision,
    }


def _hand_from(value: Mapping[str, Any], models: Mapping[Side, HandModel] | None) -> HandState:
    arrays = {name: from_numbers(value[name], *shape) for name, shape in _HAND_ARRAYS.items()}
    side = Side(value["side"])
    vertices = np.zeros((0, 3), np.float32)
    if models is not None:
        pose = HandPose(
            *(arrays[n] for n in ("wrist_rotation", "wrist_position", "angles", "shape"))
        )
        vertices = pose_hand(models[side], pose).vertices.astype(np.float32)
    return HandState(
        hand_id=int(value["hand_id"]),
        side=side,
        captured_ns=int(value["captured_ns"]),
        **arrays,
        vertices=vertices,
        residual_m=float(value["residual_m"]),
        presence=float(value["presence"]),
        weights_revision=int(value["weights_revision"]),
    )


_DIGEST = "sha256"
"""Of a header's other values."""
_HAND_ARRAYS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "wrist_rotation": (3, 3),
        "wrist_position": (3,),
        "angles": (22,),
        "shape": (10,),
        "joints": (21, 3),
        "confidence": (21,),
        "network_joints": (21, 3),
    }
)
"""What is stored of a hand, and its shape."""
