"""What the messages of a session file have in common, whatever they hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from calibration.transforms import RigidTransform
from engine.recording.json_numbers import from_numbers, to_numbers
from engine.recording.layout import SessionError


@dataclass(frozen=True, slots=True)
class Encoded:
    """One message before it gets its times."""

    topic: str
    data: bytes


@contextmanager
def understanding(what: str) -> Iterator[None]:
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


def compact_json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode()


def transform_to(transform: RigidTransform) -> dict[str, Any]:
    return {
        "rotation": to_numbers(transform.rotation),
        "translation": to_numbers(transform.translation),
    }


def transform_from(value: Mapping[str, Any]) -> RigidTransform:
    return RigidTransform(
        from_numbers(value["rotation"], 3, 3), from_numbers(value["translation"], 3)
    )
