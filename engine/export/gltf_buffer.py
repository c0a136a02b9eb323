"""The binary half of a .glb: arrays packed with their accessors, and the container around both.

Written directly: what a library would take off our hands is a struct of twelve bytes.
Rules from the glTF 2.0 specification, sections 3.6 (buffers, accessors, alignment) and 4.4 (GLB).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.export.take import ExportError

ARRAY_BUFFER = 34962
ELEMENT_ARRAY_BUFFER = 34963
_COMPONENT_TYPES = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}
_TYPES = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}

_MAGIC, _VERSION = 0x46546C67, 2
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_ALIGNMENT = 4
_GLB_LIMIT = 2**32


class GltfBuffer:
    """Collects arrays; one buffer view and one accessor an array."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, array: npt.NDArray[Any], target: int | None = None, bounds: bool = False) -> int:
        """The index of the accessor of an array of scalars [N], vectors [N, 3 or 4] or matrices
        [N, 4, 4], which are stored by columns. `bounds`: say the least and greatest values, which
        positions and times must have."""
        stored = np.swapaxes(array, 1, 2) if array.ndim == 3 else array
        data = np.ascontiguousarray(stored).astype(array.dtype.newbyteorder("<")).tobytes()
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        accessor: dict[str, Any] = {
            "bufferView": len(self.views),
            "componentType": _COMPONENT_TYPES[array.dtype.str[1:]],
            "count": len(array),
            "type": _TYPES[array.shape[1:]],
        }
        if bounds:
            accessor["min"] = np.atleast_1d(array.min(0)).tolist()
            accessor["max"] = np.atleast_1d(array.max(0)).tolist()
        self.views.append(view)
        self.accessors.append(accessor)
        self._append(data)
        return len(self.accessors) - 1

    def _append(self, data: bytes) -> None:
        padded = data + b"\0" * (-len(data) % _ALIGNMENT)
        self._parts.append(padded)
        self._length += len(padded)

    def glb(self, document: Mapping[str, Any]) -> bytes:
        """The whole file, of a document without buffers, views and accessors.

        Raises ExportError for more than the 4 GiB that the container can hold.
        """
        complete = {
            **document,
            "buffers": [{"byteLength": self._length}],
            "bufferViews": self.views,
            "accessors": self.accessors,
        }
        text = json.dumps(complete, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % _ALIGNMENT)
        total = 12 + 8 + len(text) + 8 + self._length
        if total >= _GLB_LIMIT:
            raise ExportError(
                f"The take needs {total / 1e9:.1f} GB; a .glb can hold 4.2 GB, about 30 hours of "
                "two hands. Nothing was written; export less with --frames."
            )
        header = struct.pack("<III", _MAGIC, _VERSION, total)
        return b"".join(
            (
                header,
                struct.pack("<II", len(text), _JSON_CHUNK),
                text,
                struct.pack("<II", self._length, _BINARY_CHUNK),
                *self._parts,
            )
        )
