"""Errors that a user can mend. Each carries one sentence: what, expected, found, what next.

The command line prints the sentence and ends with status 2; the window shows it as a banner.
Anything else that is raised is our own fault and keeps its traceback.
"""

from __future__ import annotations

from calibration.errors import UserError as UserError


class SourceError(UserError):
    """A camera or recording cannot be opened or read."""


class RigError(SourceError):
    """A stereo source has no rig file, or one that does not fit; calibrating its cameras helps."""


class CameraDisconnected(SourceError):
    """A live device went away while running; it may come back."""


class EndOfStream(Exception):
    """A recorded source has no more frames. Not a failure."""


class WeightsError(UserError):
    """A weights file is missing, damaged or of the wrong kind."""
