"""How each kind of source is written that is not found by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.capture.sources import with_rig

SESSION_FILES = "Recorded sessions (*.mcap)"
RIG_FILES = "Rig files (*.toml)"
FILM_FILES = "Films (*.mp4 *.avi *.mkv *.mov *.webm)"
_DATASET = "The folder of the unpacked data set"
_SERIAL = "Serial number; empty for the first one"


@dataclass(frozen=True, slots=True)
class SourceForm:
    """How one kind of source is written."""

    label: str
    scheme: str
    """With the colon; empty for a URI typed whole."""
    hints: tuple[str, ...]
    """What stands in each place while it is empty; the left camera's before the right one's."""
    files: str = ""
    """For places that are files: what the file dialog shows."""
    folders: bool = False
    """Whether places are folders."""
    rig: bool = False
    """Whether a rig file must say how the two cameras stand."""
    optional: bool = False
    """Whether the place may stay empty."""

    def uri(self, places: Sequence[str], rig: str) -> str:
        """The source of what was entered; empty where something is missing."""
        uri = self.cameras(places)
        if not uri or not self.rig:
            return uri
        return with_rig(uri, rig.strip()) if rig.strip() else ""

    def cameras(self, places: Sequence[str]) -> str:
        """The same without a rig file."""
        given = [place.strip() for place in places[: len(self.hints)]]
        return self.scheme + ",".join(given) if self.optional or all(given) else ""

    @property
    def missing(self) -> str:
        """What is to be entered, for people."""
        if not self.rig:
            return self.hints[0]
        return "The rig file tells how the two cameras stand: calibrate them once to get one"


FORMS: tuple[SourceForm, ...] = (
    SourceForm("Recorded session", "replay:", ("A .mcap file",), SESSION_FILES),
    SourceForm(
        "Folder of depth images", "folder:", ("16-bit PNGs and a camera.json",), folders=True
    ),
    SourceForm("CVAR data set", "cvar:", (_DATASET,), folders=True),
    SourceForm("NYU data set", "nyu:", (_DATASET,), folders=True),
    SourceForm("MSRA data set", "msra:", (_DATASET,), folders=True),
    SourceForm("ICVL data set", "icvl:", (_DATASET,), folders=True),
    SourceForm("RealSense recording", "realsense:", ("A .bag file",), "Recordings (*.bag)"),
    SourceForm(
        "Two webcams",
        "uvc:",
        ("Number of the left camera, for example 0", "Number of the right one, for example 1"),
        rig=True,
    ),
    SourceForm(
        "Webcam with both pictures side by side",
        "uvc:",
        ("Number of the camera, for example 0",),
        rig=True,
    ),
    SourceForm("ZED camera", "zed:", (_SERIAL,), optional=True),
    SourceForm("ZED recording", "zed:", ("A .svo2 file",), "Recordings (*.svo2 *.svo)"),
    SourceForm("RealSense, infrared pictures", "realsense-ir:", (_SERIAL,), optional=True),
    SourceForm(
        "Two folders of pictures",
        "images:",
        ("Folder of the left camera", "Folder of the right one"),
        folders=True,
        rig=True,
    ),
    SourceForm(
        "Two films",
        "video:",
        ("Film of the left camera", "Film of the right one"),
        FILM_FILES,
        rig=True,
    ),
    SourceForm("Typed source", "", ("For example sim:seed=3,hands=2 or realsense:SERIAL",)),
)
SESSION_FORM, FOLDER_FORM, DATASET_FORM, STEREO_FORM, TYPED_FORM = 0, 1, 2, 7, len(FORMS) - 1
