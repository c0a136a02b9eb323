"""weights/manifest.json: what each file of weights is, where it comes from, and its hash.

A file is used only when its SHA-256 is the one written there, so a damaged download or a mixed-up
copy is a sentence at the start instead of a hand that looks odd.

    {"files": {"NAME": {"sha256": ..., "what": ..., "source": ..., "licence": ...}}}
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import WeightsError

WEIGHTS_FOLDER = Path(__file__).resolve().parents[1] / "weights"
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One entry of the manifest."""

    name: str
    sha256: str
    what: str
    source: str
    licence: str


def read_manifest(folder: Path = WEIGHTS_FOLDER) -> tuple[WeightsFile, ...]:
    """All entries, in the order of the file.

    Raises:
        WeightsError: the manifest is missing or is not of the form above.
    """
    path = folder / MANIFEST_NAME
    try:
        entries: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))["files"]
        return tuple(WeightsFile(name=name, **entry) for name, entry in entries.items())
    except FileNotFoundError:
        raise WeightsError(
            f"The list of weights '{path}' is missing; restore it from the repository."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"The list of weights '{path}' cannot be read ({error}); restore it from the "
            "repository."
        ) from None


def verified_weights(name: str, folder: Path = WEIGHTS_FOLDER) -> Path:
    """The path of a file of weights whose content is what the manifest says.

    Raises:
        WeightsError: not in the manifest, missing, or of another content; one sentence.
    """
    entry = next((e for e in read_manifest(folder) if e.name == name), None)
    if entry is None:
        raise WeightsError(
            f"Weights '{name}' are not listed in '{folder / MANIFEST_NAME}'. Add them with "
            "`python scripts/update_weights_manifest.py`."
        )
    problem = problem_with(entry, folder)
    if problem:
        raise WeightsError(problem)
    return folder / name


def problem_with(entry: WeightsFile, folder: Path = WEIGHTS_FOLDER) -> str:
    """What is wrong with a listed file, as a sentence; empty when it is as it should be."""
    path = folder / entry.name
    if not path.is_file():
        return f"The weights file '{path}' is missing; restore it from the repository."
    found = sha256_of(path)
    if found != entry.sha256:
        return (
            f"The weights file '{path}' is damaged or of another version: expected SHA-256 "
            f"{entry.sha256[:12]}..., found {found[:12]}.... Restore it from the repository, or "
            "list it anew with `python scripts/update_weights_manifest.py` if you made it."
        )
    return ""


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
