"""The files of a profile as they were, to bring it back after a reset or a deletion."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.adaptation.profile_store import FORMER_SUFFIX
from engine.atomic_file import replacing


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Bytes by file; None where there was none. About 10 MB a profile with weights."""

    files: tuple[tuple[Path, bytes | None], ...]

    @staticmethod
    def of(profile: Path) -> KeptFiles:
        """A profile's file and the former one beside it, damaged or not."""
        paths = (profile.with_name(profile.name + FORMER_SUFFIX), profile)
        return KeptFiles(tuple((path, _bytes_of(path)) for path in paths))

    def bring_back(self) -> None:
        """Write them as they were.

        Raises:
            OutputError: the folder cannot be written.
        """
        for path, data in self.files:
            if data is None:
                path.unlink(missing_ok=True)
                continue
            with replacing(path) as partial:
                partial.write_bytes(data)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
