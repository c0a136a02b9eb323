"""Recordings at moments that tests are about."""

from __future__ import annotations

from pathlib import Path

from engine.recording.recording_status import RecordingState, RecordingStatus

PATH = Path("sessions/walk.mcap")
RUNNING = RecordingStatus(
    RecordingState.RECORDING,
    PATH,
    seconds=63.4,
    frames=3804,
    bytes_written=412_000_000,
    bytes_per_s=48.2e6,
    seconds_left=11_000.0,
    free_bytes=500_000_000_000,
)
