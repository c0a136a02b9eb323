"""Options of the simulated cameras, checked; their tables stand in simulated.py and
simulated_stereo.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from calibration.camera_model import PinholeCamera
from engine.errors import SourceError
from engine.messages import Side

MODES = ("stream", "shuffled", "empty")
MOTIONS = ("free", "guided")
SENSORS = (
    "any",
    "ideal",
    "structured_light",
    "time_of_flight",
    "active_stereo",
    "stereo_matching",
)
FOCAL_OVER_WIDTH = 0.86
"""About 60 degrees across, as most short-range depth cameras have."""


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """What a `sim:` URI asks for."""

    seed: int = 0
    hands: int = 1
    side: Side = Side.RIGHT
    mode: str = "stream"
    sensor: str = ""
    body: bool = True
    motion: str = "free"
    rest: bool = False
    infrared: int = 0
    film: int = 0
    fps: float = 30.0
    width: int = 640
    height: int = 480
    frames: int = 0
    pace: str = "fast"

    @property
    def camera(self) -> PinholeCamera:
        focal = FOCAL_OVER_WIDTH * self.width
        middle = (self.width - 1) / 2, (self.height - 1) / 2
        return PinholeCamera(self.width, self.height, focal, focal, *middle)


@dataclass(frozen=True, slots=True)
class StereoOptions(SimulationOptions):
    """What a `sim-stereo:` URI asks for."""

    baseline: int = 0
    """mm; 0 = drawn."""
    near: int = 30
    """cm."""
    far: int = 70
    noise: int = 1
    dots: bool = False
    calibration: str = "wizard"


def parse_simulation(options: Mapping[str, str]) -> SimulationOptions:
    """Checked options of a `sim:` URI; raises SourceError with one sentence."""
    values = _read(options, _READERS, "sim", "simulated camera")
    chosen = SimulationOptions(**values)  # type: ignore[arg-type]
    if chosen.infrared and chosen.mode != "stream":
        raise SourceError(
            f"The simulated camera has infrared pictures in the mode stream only, found mode="
            f"{chosen.mode}; leave out one of the two."
        )
    return chosen


def parse_stereo_simulation(options: Mapping[str, str]) -> StereoOptions:
    """Checked options of a `sim-stereo:` URI; raises SourceError with one sentence."""
    values = _read(options, _STEREO_READERS, "sim-stereo", "simulated stereo camera")
    chosen = StereoOptions(**values)  # type: ignore[arg-type]
    if chosen.near > chosen.far:
        raise SourceError(
            f"The option near must not be beyond far, found near={chosen.near}, far={chosen.far}; "
            "both are in cm."
        )
    return chosen


@dataclass(frozen=True, slots=True)
class _Reader:
    """Of one option."""

    read: Callable[[str], object]
    """Raises ValueError where the text is not one of those allowed."""
    allowed: str
    example: str


def _whole(lowest: int, highest: int, kind: Callable[[int], object] = int) -> _Reader:
    def read(text: str) -> object:
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            raise ValueError(text)
        return kind(int(text))

    return _Reader(read, f"a whole number from {lowest} to {highest}", str(lowest))


def _one_of(*allowed: str, kind: Callable[[str], object] = str) -> _Reader:
    def read(text: str) -> object:
        if text not in allowed:
            raise ValueError(text)
        return kind(text)

    return _Reader(read, " or ".join(allowed), allowed[0])


_READERS: Mapping[str, _Reader] = {
    "seed": _whole(0, 2**31 - 1),
    "hands": _whole(0, 2),
    "side": _one_of("right", "left", kind=Side),
    "mode": _one_of(*MODES),
    "sensor": _one_of(*SENSORS),
    "body": _whole(0, 1, bool),
    "motion": _one_of(*MOTIONS),
    "rest": _whole(0, 1, bool),
    "infrared": _whole(0, 2),
    "film": _whole(0, 2000),
    "fps": _whole(1, 240, float),
    "width": _whole(80, 1920),
    "height": _whole(60, 1440),
    "frames": _whole(0, 10**9),
    "pace": _one_of("fast", "live"),
}
_STEREO_READERS: Mapping[str, _Reader] = {
    **{key: reader for key, reader in _READERS.items() if key not in ("sensor", "infrared")},
    "mode": _one_of(*MODES, "takes"),
    "baseline": _whole(30, 200),
    "near": _whole(20, 150),
    "far": _whole(20, 150),
    "noise": _whole(0, 5),
    "dots": _whole(0, 1, bool),
    "calibration": _one_of("wizard", "exact"),
}


def _read(
    options: Mapping[str, str], readers: Mapping[str, _Reader], scheme: str, device: str
) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, text in options.items():
        if key not in readers:
            raise SourceError(
                f"The {device} has no option '{key}'; expected one of {', '.join(readers)}. Write "
                f"for example {scheme}:seed=3,hands=2."
            )
        try:
            values[key] = readers[key].read(text)
        except ValueError:
            raise SourceError(
                f"The option {key} of the {device} must be {readers[key].allowed}, found '{text}'. "
                f"Write for example {scheme}:{key}={readers[key].example}."
            ) from None
    return values
