"""Images, calibrations and transforms as Foxglove's messages, which its viewer shows as they are.

`frame_id` is the imager that an image belongs to: "depth", "left", "right".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.Quaternion_pb2 import Quaternion
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from foxglove_schemas_protobuf.Vector3_pb2 import Vector3
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform, quaternion_from_rotation
from engine.recording.layout import CALIBRATION, RAW_IMAGE, TRANSFORM
from engine.runtime.clock import NS_PER_S

_TYPES: dict[str, Any] = {
    RAW_IMAGE: RawImage,
    CALIBRATION: CameraCalibration,
    TRANSFORM: FrameTransform,
}
_ENCODINGS: dict[str, tuple[str, tuple[int, ...]]] = {
    "16UC1": ("<u2", ()),
    "32FC1": ("<f4", ()),
    "mono8": ("|u1", ()),
    "rgb8": ("|u1", (3,)),
}
"""Encoding -> type and channels of a pixel."""


def encode_image(pixels: npt.NDArray[Any], frame_id: str, time_ns: int) -> bytes:
    """A foxglove.RawImage of [H, W] uint16, float32 or uint8, or of [H, W, 3] uint8 RGB."""
    kind = pixels.dtype.newbyteorder("<").str, pixels.shape[2:]
    encoding = next((name for name, stored in _ENCODINGS.items() if stored == kind), None)
    if encoding is None:
        raise ValueError(f"no image of a session: {pixels.dtype} {pixels.shape}")
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels, kind[0]).tobytes()
    image = RawImage(
        timestamp=_timestamp(time_ns),
        frame_id=frame_id,
        width=width,
        height=height,
        encoding=encoding,
        step=len(data) // height,
        data=data,
    )
    return image.SerializeToString()


def decode_image(data: bytes) -> npt.NDArray[Any]:
    """The pixels of a foxglove.RawImage, read-only; ValueError where it is not whole."""
    try:
        image = RawImage.FromString(data)
    except DecodeError as error:
        raise ValueError("no foxglove.RawImage") from error
    if image.encoding not in _ENCODINGS:
        raise ValueError(f"an image has the encoding '{image.encoding}'")
    dtype, channels = _ENCODINGS[image.encoding]
    pixels = np.frombuffer(image.data, dtype)
    return pixels.reshape(image.height, image.width, *channels)


def encode_calibration(camera: PinholeCamera, frame_id: str, time_ns: int) -> bytes:
    """A foxglove.CameraCalibration: images are free of distortion before they get here."""
    K = camera.K
    calibration = CameraCalibration(
        timestamp=_timestamp(time_ns),
        frame_id=frame_id,
        width=camera.width_px,
        height=camera.height_px,
        K=K.ravel().tolist(),
        R=np.eye(3).ravel().tolist(),
        P=np.hstack([K, np.zeros((3, 1))]).ravel().tolist(),
    )
    return calibration.SerializeToString()


def encode_transform(
    T_parent_from_child: RigidTransform, names: Sequence[str], at_ns: int
) -> bytes:
    """A foxglove.FrameTransform; `names` are those of parent and child."""
    q = quaternion_from_rotation(T_parent_from_child.rotation)
    t = T_parent_from_child.translation
    transform = FrameTransform(
        timestamp=_timestamp(at_ns),
        parent_frame_id=names[0],
        child_frame_id=names[1],
        translation=Vector3(x=float(t[0]), y=float(t[1]), z=float(t[2])),
        rotation=Quaternion(x=float(q[0]), y=float(q[1]), z=float(q[2]), w=float(q[3])),
    )
    return transform.SerializeToString()


def protobuf_schema(name: str) -> bytes:
    """The schema of one of Foxglove's messages, as MCAP wants it: a FileDescriptorSet of the
    message's file and of all that it imports."""
    files: dict[str, FileDescriptor] = {}

    def collect(file: FileDescriptor) -> None:
        for imported in file.dependencies:
            collect(imported)
        files.setdefault(file.name, file)

    collect(_TYPES[name].DESCRIPTOR.file)
    described = FileDescriptorSet()
    for file in files.values():
        file.CopyToProto(described.file.add())
    return described.SerializeToString()


def _timestamp(time_ns: int) -> Timestamp:
    return Timestamp(seconds=time_ns // NS_PER_S, nanos=time_ns % NS_PER_S)
