"""Errors that a user can mend, and what a calibration can lack.

They live in the lowest package because imports go app, engine, calibration; engine/errors.py has
the others. `str(error)` is the one sentence to show.
"""

from __future__ import annotations

from enum import Enum

from calibration.faults import Fault, FaultKind


class UserError(Exception):
    """Bad input or a missing thing; `str(error)` is the sentence to show."""


class CalibrationProblem(Enum):
    """Why there is no calibration, or no rig."""

    INPUT = "input"
    """A folder, a picture or an option is not what was expected."""
    SIZES = "sizes"
    """Pictures that belong together differ in resolution."""
    NO_BOARD = "no board"
    TOO_FEW_VIEWS = "too few views"
    FAULT = "fault"
    """A fault of the pictures or of the rig, named by checks.py, that no solution can mend."""
    FILE = "file"
    """A file of a rig is unreadable or says something impossible."""
    OTHER_CAMERA = "other camera"
    """A rig file is of other cameras or of another resolution."""
    WORSE = "worse"
    """A better calibration would be overwritten."""


class CalibrationError(UserError):
    """There is no calibration, or a rig cannot be used; `problem` is the kind, `fault` its name."""

    def __init__(
        self, problem: CalibrationProblem, sentence: str, fault: FaultKind | None = None
    ) -> None:
        super().__init__(sentence)
        self.problem = problem
        self.fault = fault


class CalibrationCancelled(Exception):
    """The person stopped the computation. Not a failure."""


def fatal(fault: Fault) -> CalibrationError:
    """The error of a fault that leaves no solution."""
    return CalibrationError(CalibrationProblem.FAULT, fault.sentence, fault.kind)
