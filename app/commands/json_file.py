"""Figures as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.atomic_file import replacing


def write_json(target: Path, figures: Mapping[str, Any]) -> None:
    """Write figures whole or not at all; they must hold None instead of NaN."""
    text = json.dumps(figures, indent=2, allow_nan=False)
    with replacing(target) as partial:
        partial.write_text(text + "\n", encoding="utf-8")
