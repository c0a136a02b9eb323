"""Frames as messages of a session file, and back, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.messages import Float32, Frame, HandTruth, Picture, Side
from engine.recording.images import decode_image, encode_image
from engine.recording.json_numbers import from_base64, from_numbers, to_base64, to_numbers
from engine.recording.layout import COLOR, DEPTH, FRAME_TOPIC, TRUTH_TOPIC, image_topic
from engine.recording.message_parts import (
    Encoded,
    compact_json,
    transform_from,
    transform_to,
    understanding,
)


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
        messages.append(Encoded(TRUTH_TOPIC, compact_json({"hands": hands})))
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
    return (*messages, Encoded(FRAME_TOPIC, compact_json(about)))


def decode_frame(messages: Mapping[str, bytes]) -> Frame:
    """The frame of its messages by topic (others are ignored).

    Raises:
        SessionError: one of them is missing, or is not what its topic promises.
    """
    with understanding("a frame"):
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


def _picture_to(picture: Picture) -> dict[str, Any]:
    return {
        "name": picture.name,
        "captured_ns": picture.captured_ns,
        "camera": asdict(picture.camera),
        **transform_to(picture.T_depth_from_picture),
    }


def _picture_from(value: Mapping[str, Any], messages: Mapping[str, bytes]) -> Picture:
    return Picture(
        name=value["name"],
        captured_ns=int(value["captured_ns"]),
        camera=PinholeCamera(**value["camera"]),
        T_depth_from_picture=transform_from(value),
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
