"""Makes the calling thread, and those that it starts, give way to everything else."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil

LOWEST_NICENESS = 19
FIRST_TO_GO = "1000"
"""Where memory runs out, Linux ends this process and not the tracker."""


def give_way() -> None:
    """The lowest priority that the system has; what it refuses is left out."""
    if psutil.WINDOWS:
        psutil.Process().nice(psutil.IDLE_PRIORITY_CLASS)
        return
    with suppress(OSError):
        os.nice(LOWEST_NICENESS)
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO, "ascii")
