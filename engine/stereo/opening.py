"""What the URIs of stereo sources share: `SCHEME:WHERE?rig=rig.toml,skew=10,...`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from calibration.errors import CalibrationError
from calibration.storage import load_rig
from calibration.stored_rig import StoredRig
from engine.errors import RigError, SourceError
from engine.stereo.camera import LARGEST_SKEW_MS, StereoCamera
from engine.stereo.pair import PairSource

LARGEST_ALLOWED_SKEW_MS = 200.0


def take_rig(scheme: str, options: dict[str, str]) -> StoredRig:
    """The rig that the options name; takes it out of them.

    Raises:
        RigError: none is named, or the file is no good rig.
    """
    path = options.pop("rig", "")
    if not path:
        raise RigError(
            f"The source {scheme}: needs to know how its two cameras stand; calibrate them, then "
            f"name the rig file: {scheme}:...?rig=rig.toml, or --rig rig.toml."
        )
    try:
        return load_rig(Path(path).expanduser())
    except CalibrationError as error:
        raise RigError(str(error)) from error


def take_skew_ms(options: dict[str, str]) -> float:
    """The largest skew that is allowed within a pair, in milliseconds; takes it out of them.

    Raises:
        SourceError: it is no number from 0 to 200.
    """
    text = options.pop("skew", "")
    if not text:
        return LARGEST_SKEW_MS
    try:
        skew_ms = float(text)
    except ValueError:
        skew_ms = -1.0
    if not 0 <= skew_ms <= LARGEST_ALLOWED_SKEW_MS:
        raise SourceError(
            "The option skew says how many milliseconds the two pictures of a pair may be apart, "
            f"from 0 to {LARGEST_ALLOWED_SKEW_MS:g}; found '{text}'."
        )
    return skew_ms


def two_places(scheme: str, location: str, what: str) -> tuple[str, str]:
    """`LEFT,RIGHT` as two.

    Raises:
        SourceError: there are not two.
    """
    parts = [part.strip() for part in location.split(",")]
    if len(parts) != 2 or not all(parts):
        raise SourceError(
            f"The source {scheme}: needs two {what}, left before right, as {scheme}:LEFT,RIGHT; "
            f"found '{location}'."
        )
    return parts[0], parts[1]


def refuse_unknown(scheme: str, options: Mapping[str, str], known: tuple[str, ...]) -> None:
    """
    Raises:
        SourceError: there are options besides those known.
    """
    for key in options:
        if key not in known:
            raise SourceError(
                f"The source {scheme}: has no option '{key}'; expected one of {', '.join(known)}."
            )


def positive_whole(key: str, text: str) -> int:
    """
    Raises:
        SourceError: the text is no whole number above 0.
    """
    if not text.isdecimal() or int(text) == 0:
        raise SourceError(f"The option {key} must be a positive whole number, found '{text}'.")
    return int(text)


def stereo_camera(source: PairSource, stored: StoredRig, skew_ms: float) -> StereoCamera:
    """A source with the rig of a file, which may be out of date."""
    return StereoCamera(source, stored, skew_ms, look_for_drift=True)
