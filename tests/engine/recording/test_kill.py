"""`kill -9` at any moment: what was recorded until a second before comes back, verified."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from mcap.exceptions import McapError
from mcap.records import Message
from mcap.stream_reader import StreamReader

from engine.recording.reader import SessionReader
from engine.recording.recovery import Unfinished, find_unfinished, recover
from engine.recording.verify import verify
from engine.runtime.clock import NS_PER_S, monotonic_ns
from tests.shared_data import REPOSITORY

WRITER = """
import sys, time
from dataclasses import replace
from pathlib import Path
import numpy as np
from engine.messages import FrameSet
from engine.recording.recorder import Recorder
from engine.recording.recording_status import RecordingState
from engine.runtime.clock import monotonic_ns
from tests.fakes.sessions import header, quantised_frame, scene_of

recorder = Recorder(Path(sys.argv[1]), lambda first: header())
recorder.start()
frames = [quantised_frame(k) for k in range(16)]
scene = scene_of(frames[0])
begun = False
for number in range(100_000):
    now_ns = monotonic_ns()
    changes = {"sequence": number, "captured_ns": now_ns, "source_ns": None}
    frame = replace(frames[number % 16], **changes)
    recorder.offer_frame_set(FrameSet((frame,)))
    recorder.offer_scene(replace(scene, sequence=number, captured_ns=now_ns))
    if not begun and recorder.status().state is RecordingState.RECORDING:
        begun = True  # Libraries are loaded: in the program they are long before.
        print("begun", flush=True)
    time.sleep(1 / 60)
"""
AT_ONCE = 5
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Killed:
    path: Path
    begun_ns: int
    at_ns: int


def kill_at_random(folder: Path, seed: int) -> list[Killed]:
    """As many writers as AT_ONCE, each killed after 0.2 to 1.8 s of recording."""
    waits = random.Random(seed)
    writers = []
    for number in range(AT_ONCE):
        path = folder / f"s{seed}-{number}.mcap"
        command = [sys.executable, "-c", WRITER, str(path)]
        writers.append((path, subprocess.Popen(command, stdout=subprocess.PIPE)))
    begun = []
    for path, process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        begun.append((monotonic_ns(), waits.uniform(0.2, 1.8), path, process))
    killed = []
    for begun_ns, wait_s, path, process in sorted(begun, key=lambda b: b[0] / NS_PER_S + b[1]):
        time.sleep(max(begun_ns / NS_PER_S + wait_s - time.monotonic(), 0.0))
        assert not any(u.path.name.startswith(path.stem) for u in find_unfinished(folder))
        at_ns = monotonic_ns()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        killed.append(Killed(path, begun_ns, at_ns))
    return killed


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="one clock for all processes")
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_session_comes_back_but_for_its_last_second(tmp_path: Path, seed: int) -> None:
    for killed in kill_at_random(tmp_path, seed):
        found = {u.target.name: u for u in find_unfinished(tmp_path)}
        if killed.path.name not in found:
            assert killed.at_ns - killed.begun_ns <= NS_PER_S  # Nothing was on the disk yet.
            continue
        unfinished: Unfinished = found[killed.path.name]
        original = unfinished.path.read_bytes()
        report = recover(unfinished)
        assert report.target == killed.path
        assert unfinished.path.read_bytes() == original
        assert verify(killed.path).good
        with SessionReader(killed.path) as reader:
            assert reader.frame_count == report.frames >= unfinished.frames
            lost_s = (killed.at_ns - reader.captured_ns[-1]) / NS_PER_S
            assert 0 <= lost_s <= 1.0
            numbers = [frame.sequence for frame in reader.frames()]
            assert numbers == list(range(len(numbers)))
            assert np.diff(reader.captured_ns).min() > 0
            assert len(list(reader.scenes())) >= len(numbers) - 1
        assert killed.path.name not in {u.target.name for u in find_unfinished(tmp_path)}


VICTIM = """
import sys, time
from pathlib import Path
from engine.recording.writer import SessionWriter
from tests.fakes.sessions import header, stereo_frame
writer = SessionWriter(Path(sys.argv[1]), header())
for number in range(100_000):
    writer.add_frame(stereo_frame(number))
    print(number, time.monotonic_ns(), flush=True)
    time.sleep(0.002)
"""


def surviving(path: Path) -> Iterator[int]:
    """Numbers of the frames that a plain reader finds before the file breaks off."""
    with path.open("rb") as stream:
        records = StreamReader(stream, validate_crcs=True).records
        try:
            for record in records:
                if isinstance(record, Message) and record.data.startswith(b'{"camera_id"'):
                    yield record.sequence
        except McapError:
            return


@pytest.mark.parametrize("after_s", [0.1, 0.9])
def test_a_killed_recording_loses_less_than_a_second(tmp_path: Path, after_s: float) -> None:
    path = tmp_path / "a.mcap"
    with subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(path)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        text=True,
    ) as victim:
        assert victim.stdout is not None
        lines = [victim.stdout.readline()]
        time.sleep(after_s)
        victim.send_signal(signal.SIGKILL)
        lines += victim.stdout.readlines()
    added = {int(n): int(ns) for n, ns in (line.split() for line in lines if line.endswith("\n"))}
    kept = list(surviving(tmp_path / "a.mcap.part"))
    assert kept == list(range(len(kept)))
    last_kept_ns = added[kept[-1]] if kept else added[0]
    assert max(added.values()) - last_kept_ns < 1_000_000_000
    assert after_s < 0.5 or len(kept) > 20
