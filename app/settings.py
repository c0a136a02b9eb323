"""What the window remembers between runs.

One small JSON file in the user's configuration folder, written whole to a temporary name and then
renamed, so a crash leaves the old file. A damaged or foreign file means defaults, never a failure.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from engine.atomic_file import OutputError, replacing

FILE_NAME = "window.json"
RECENT_COUNT = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """The person's choices."""

    source_uri: str = "sim:"
    recent_uris: tuple[str, ...] = ()
    """Typed or opened sources, newest first."""
    points: bool = False
    skeleton: bool = True
    grid: bool = True
    mirrored: bool = False
    follow: bool = True
    """Keep the hand in the middle of the 3D view."""
    learning: bool = False
    """Show what the adaptation does, instead of confidence and speed."""
    profile: str = ""
    """Name of the profile in use; empty without one."""
    improve: bool = False
    """Adapt while tracking."""
    loop: bool = False
    """Begin a recording again at its end."""
    speed: float = 1.0
    """Times as fast as a recording happened."""
    as_recorded: bool = False
    """Show recorded hands with those that are tracked now."""
    export_format: str = "glb"
    export_axes: str = ""
    """The last choice; empty for what is usual for the format."""
    geometry: str = ""
    """Qt's window geometry in hexadecimal; empty before the first close."""
    splitter: tuple[int, ...] = ()
    """Widths of 3D view and side column, pixels."""

    def remembering(self, uri: str) -> Settings:
        """With `uri` as the source and first among the recent ones."""
        others = tuple(other for other in self.recent_uris if other != uri)
        recent = self.recent_uris if uri == "sim:" else (uri, *others)[:RECENT_COUNT]
        return replace(self, source_uri=uri, recent_uris=recent)


def default_path() -> Path:
    """Where settings live for this user; HANDTUNE_CONFIG names another folder."""
    folder = os.environ.get("HANDTUNE_CONFIG") or platformdirs.user_config_dir("handtune")
    return Path(folder) / FILE_NAME


def load_settings(path: Path) -> Settings:
    """The stored settings; defaults for whatever is missing or not of its type."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(stored, dict):
        return Settings()
    defaults = Settings()
    accepted: dict[str, Any] = {}
    for field in fields(Settings):
        value = _converted(stored.get(field.name), getattr(defaults, field.name), field.name)
        if value is not None:
            accepted[field.name] = value
    return replace(defaults, **accepted)


def save_settings(settings: Settings, path: Path) -> bool:
    """Write atomically; False where the folder cannot be written (nothing is lost then)."""
    try:
        with replacing(path) as partial:
            partial.write_text(json.dumps(asdict(settings), indent=2), encoding="utf-8")
    except OutputError:
        return False
    return True


def _converted(value: Any, default: Any, name: str) -> Any:
    """`value` if it is of the field's type (lists become tuples), else None."""
    if isinstance(default, tuple):
        item = str if name == "recent_uris" else int
        is_list = isinstance(value, list) and all(type(x) is item for x in value)
        return tuple(value) if is_list else None
    return value if type(value) is type(default) else None
