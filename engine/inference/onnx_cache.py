"""ONNX files made from weights, kept in the user's cache folder under the weights' hash.

Exporting needs torch and some seconds; it happens once for each set of weights.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from engine.inference.backend import NetworkFile
from engine.weights_manifest import sha256_of

EXPORT_VERSION = 1
"""Raise when the exported graph changes for the same weights."""


def cache_folder() -> Path:
    """Where derived files go; HANDTUNE_CACHE overrides."""
    return Path(os.environ.get("HANDTUNE_CACHE") or platformdirs.user_cache_dir("handtune"))


def cached_onnx(network: NetworkFile) -> Path:
    """The ONNX file of a network, exported now if it is not in the cache."""
    if network.onnx is not None:
        return network.onnx
    name = f"{network.weights.stem}-{sha256_of(network.weights)[:16]}-v{EXPORT_VERSION}.onnx"
    path = cache_folder() / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.part")
        network.export(network.weights, temporary)
        os.replace(temporary, path)
    return path
