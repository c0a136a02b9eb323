"""Single-channel depth PNGs, checked before they are decoded.

OpenCV decodes a truncated PNG to a partly empty image with nothing but a line on the console, so
the file's own structure (signature, header, checksums, end mark) is checked first. It costs about
0.1 ms for a 30 kB image.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.errors import SourceError
from engine.messages import Float32

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {0: "grey", 2: "RGB", 3: "palette", 4: "grey with alpha", 6: "RGB with alpha"}


def read_depth_png(path: Path, camera: PinholeCamera) -> npt.NDArray[np.uint16]:
    """The raw [H, W] values of a 16-bit grey PNG of the camera's size.

    Raises:
        SourceError: missing, damaged, not 16-bit grey, or of another size.
    """
    check_png(path, camera, bits=16, colour="grey")
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint16:
        raise SourceError(f"{path}: the PNG cannot be decoded; copy or export the file again.")
    return np.asarray(image, np.uint16)


def check_png(path: Path, camera: PinholeCamera, *, bits: int, colour: str) -> None:
    """Raise SourceError unless this is an intact PNG of that kind and of the camera's size."""
    found_bits, colour_type, width, height = read_png_header(path)
    found = f"{found_bits}-bit {_COLOUR_TYPES.get(colour_type, 'unknown')}"
    if found != f"{bits}-bit {colour}":
        raise SourceError(
            f"{path}: expected a depth PNG in {bits}-bit {colour}, found {found}; export the raw "
            "depth, not a picture of it."
        )
    if (width, height) != (camera.width_px, camera.height_px):
        raise SourceError(
            f"{path}: expected {camera.width_px} x {camera.height_px} px as the camera says, "
            f"found {width} x {height} px; give the intrinsics of these images."
        )


def metric_depth(
    raw: npt.NDArray[np.uint16], depth_unit_m: float, no_data: Sequence[int]
) -> Float32:
    """[H, W] float32 metres of raw values; exactly 0 where the raw value means "no data"."""
    depth = raw.astype(np.float32) * np.float32(depth_unit_m)
    for value in no_data:
        if value != 0:
            depth[raw == value] = 0.0
    return depth


def read_png_header(path: Path) -> tuple[int, int, int, int]:
    """Bits a channel, colour type, width and height of a PNG whose every chunk is intact.

    Raises:
        SourceError: missing, no PNG, truncated or damaged.
    """
    data = _read_bytes(path)
    if not data.startswith(_SIGNATURE):
        raise SourceError(f"{path}: expected a PNG image, found another kind of file.")
    kinds = _intact_chunks(data)
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND":
        raise SourceError(
            f"{path}: the PNG is truncated or damaged ({len(data)} bytes); copy or export the "
            "file again."
        )
    width, height, bits, colour_type = struct.unpack(">IIBB", data[16:26])
    return bits, colour_type, width, height


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}).") from error


def _intact_chunks(data: bytes) -> list[bytes]:
    """Kinds of the leading chunks whose length and checksum are right, up to the end mark."""
    kinds: list[bytes] = []
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(data[at + 4 : end - 4]) != checksum:
            break
        kinds.append(data[at + 4 : at + 8])
        if kinds[-1] == b"IEND":
            break
        at = end
    return kinds
