"""The recorder: nobody waits for it, nothing is lost without being counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.messages import Frame, FrameSet, Scene
from engine.recording import recorder as recorder_module
from engine.recording import writer as writer_module
from engine.recording.disk import DiskLimits
from engine.recording.frame_queue import FrameQueue, QueueCapacity, size_of
from engine.recording.layout import Event, EventKind, SessionError, SessionHeader
from engine.recording.recorder import Recorder
from engine.recording.recording_status import RecordingState
from tests.engine.recording.conftest import Disk
from tests.engine.recording.sameness import same
from tests.engine.recording.test_writer import contents
from tests.fakes.sessions import header, quantised_frame, scene_of, stereo_frame
from tests.fakes.waiting import wait_until

ANY_DISK = DiskLimits(warn_bytes=0, warn_s=0, stop_bytes=-1)


def described(_first: Frame) -> SessionHeader:
    return header()


@contextmanager
def recording(path: Path, limits: DiskLimits = ANY_DISK, **options: object) -> Iterator[Recorder]:
    recorder = Recorder(path, described, limits=limits, **options)  # type: ignore[arg-type]
    recorder.start()
    try:
        yield recorder
    finally:
        assert recorder.stop()


def offer(recorder: Recorder, frames: list[Frame]) -> None:
    for frame in frames:
        recorder.offer_frame_set(FrameSet((frame,)))


def test_everything_offered_is_in_the_file(tmp_path: Path) -> None:
    frames = [stereo_frame(number) for number in range(30)]
    note = Event(7, EventKind.NOTE, "A note.")
    untold = [note]
    with recording(tmp_path / "a.mcap", watch=lambda: [untold.pop()] if untold else []) as recorder:
        assert recorder.status().state is RecordingState.WAITING
        for frame in frames:
            recorder.offer_frame_set(FrameSet((frame,)))
            recorder.offer_scene(scene_of(frame))
        wait_until(lambda: recorder.status().state is RecordingState.RECORDING and not untold)
    status = recorder.status()
    assert status.state is RecordingState.FINISHED
    assert (status.frames, status.dropped, status.sentence) == (30, 0, "")
    assert status.paths == (tmp_path / "a.mcap",)
    assert status.bytes_written == (tmp_path / "a.mcap").stat().st_size
    assert status.seconds == pytest.approx(29 / 30, abs=1e-6)
    found, scenes, events = contents(tmp_path / "a.mcap")
    assert len(found) == len(scenes) == 30
    assert all(map(same, found, frames))
    assert events == [note]


def test_without_a_frame_there_is_no_file(tmp_path: Path) -> None:
    with recording(tmp_path / "a.mcap") as recorder:
        recorder.offer_scene(scene_of(stereo_frame(0)))
        time.sleep(0.1)
    assert recorder.status().state is RecordingState.FINISHED
    assert list(tmp_path.iterdir()) == []


def test_scenes_of_frames_before_the_first_are_left_out(tmp_path: Path) -> None:
    with recording(tmp_path / "a.mcap") as recorder:
        offer(recorder, [stereo_frame(5)])
        recorder.offer_scene(scene_of(stereo_frame(4)))
        recorder.offer_scene(scene_of(stereo_frame(5)))
    assert [scene.sequence for scene in contents(tmp_path / "a.mcap")[1]] == [5]


def test_what_does_not_fit_is_counted_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk hangs while more frames come than may wait."""
    hangs, free = threading.Event(), threading.Event()

    class Hanging(writer_module.SessionWriter):
        def add_frame(self, frame: Frame) -> None:
            hangs.set()
            assert free.wait(10)
            super().add_frame(frame)

    monkeypatch.setattr(recorder_module, "SessionWriter", Hanging)
    frames = [stereo_frame(number) for number in range(20)]
    room = QueueCapacity(bytes=5 * size_of(frames[0]))
    with recording(tmp_path / "a.mcap", capacity=room) as recorder:
        offer(recorder, frames[:1])
        assert hangs.wait(10)
        began = time.monotonic()
        offer(recorder, frames[1:])
        assert time.monotonic() - began < 0.5  # nobody waited
        assert recorder.status().queue_drops == 14
        free.set()
        wait_until(lambda: recorder.status().frames == 6)
        offer(recorder, [stereo_frame(20)])
    status = recorder.status()
    assert (status.frames, status.queue_drops, status.dropped) == (7, 14, 14)
    found, _, events = contents(tmp_path / "a.mcap")
    assert [frame.sequence for frame in found] == [0, 1, 2, 3, 4, 5, 20]
    drops = [event for event in events if event.kind is EventKind.DROP]
    assert sum(event.figures["frames"] for event in drops) == 14


def test_frames_that_the_device_left_out_are_counted_and_written_down(tmp_path: Path) -> None:
    with recording(tmp_path / "a.mcap") as recorder:
        for number, missing in ((5, 3), (6, 0), (9, 2), (10, 0), (12, 1)):
            recorder.offer_frame_set(FrameSet((stereo_frame(number),)), missing)
    status = recorder.status()
    # What was missing before the first frame is not missing in the file.
    assert (status.camera_drops, status.queue_drops, status.dropped) == (3, 0, 3)
    gaps = contents(tmp_path / "a.mcap")[2]
    assert [e.kind for e in gaps] == [EventKind.GAP] * 2
    assert [(e.figures["frames"], e.figures["sequence"]) for e in gaps] == [(2, 9), (1, 12)]
    assert gaps[0].time_ns == stereo_frame(9).captured_ns


def test_a_disk_that_fills_up_ends_the_recording_and_nothing_else(disk: Disk) -> None:
    folder = disk("size=500k")
    number = 0
    with recording(folder / "a.mcap") as recorder:
        while recorder.status().running:
            offer(recorder, [quantised_frame(number)])
            number += 1
            time.sleep(0.0005)
        offer(recorder, [quantised_frame(number)])  # Nobody minds.
    status = recorder.status()
    assert status.state is RecordingState.FAILED
    assert "disk is full" in status.sentence
    assert "is whole" in status.sentence
    found = contents(folder / "a.mcap")[0]
    assert len(found) == status.frames > 100
    assert [frame.sequence for frame in found] == list(range(len(found)))
    assert status.disk_drops >= 1


def test_a_read_only_disk_is_one_sentence(disk: Disk) -> None:
    with recording(disk("size=1m,ro") / "a.mcap") as recorder:
        offer(recorder, [stereo_frame(0)])
        wait_until(lambda: not recorder.status().running)
    assert recorder.status().state is RecordingState.FAILED
    assert "Read-only file system; name a writable place" in recorder.status().sentence


def test_a_nearly_full_disk_ends_the_recording_with_a_whole_file(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "LOOK_NS", 0)
    folder = disk("size=2m")
    limits = DiskLimits(warn_bytes=1_500_000, warn_s=0, stop_bytes=1_000_000)
    number, warned = 0, False
    with recording(folder / "a.mcap", limits) as recorder:
        while recorder.status().running:
            offer(recorder, [quantised_frame(number)])
            warned |= "left on the disk" in recorder.status().warning
            number += 1
            time.sleep(0.0005)
    status = recorder.status()
    assert warned
    assert "The recording ended because only 0.0 GB are left" in status.sentence
    found, _, events = contents(folder / "a.mcap")
    assert len(found) == status.frames > 100
    assert [event.kind for event in events] == [EventKind.NOTE]


def test_a_disk_full_from_the_start_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="free some space"):
        Recorder(tmp_path / "a.mcap", described, limits=DiskLimits(stop_bytes=10**18))


def test_a_taken_name_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_text("former")
    with pytest.raises(SessionError, match="of this name already"):
        Recorder(tmp_path / "a.mcap", described)


def test_our_own_faults_end_it_with_what_there_is(tmp_path: Path) -> None:
    def watch() -> list[Event]:
        raise ZeroDivisionError

    with recording(tmp_path / "a.mcap", watch=watch) as recorder:
        offer(recorder, [stereo_frame(0)])
        wait_until(lambda: not recorder.running)
    assert recorder.status().state is RecordingState.FAILED
    assert "internal error" in recorder.status().sentence
    assert len(contents(tmp_path / "a.mcap")[0]) == 1


def test_a_closed_queue_gives_what_it_has() -> None:
    queue = FrameQueue(QueueCapacity())
    queue.put(stereo_frame(0))
    queue.close()
    queue.put(stereo_frame(1))
    assert queue.frames_dropped == 0
    first = queue.take(0.0)
    assert isinstance(first, Frame)
    assert first.sequence == 0
    assert queue.take(0.0) is None


def test_a_frame_larger_than_the_queue_still_gets_through() -> None:
    queue = FrameQueue(QueueCapacity(bytes=1))
    queue.put(stereo_frame(0))
    assert queue.take(0.0) is not None


def test_a_frame_waits_for_its_scene_so_that_tracking_goes_first() -> None:
    queue = FrameQueue(QueueCapacity())
    frame = stereo_frame(1)
    queue.put(frame)
    taken: list[object] = []
    taker = threading.Thread(target=lambda: taken.append(queue.take(5.0)))
    taker.start()
    taker.join(0.05)
    assert taken == []
    queue.put(Scene(1, frame.captured_ns, ()))
    taker.join(5.0)
    assert taken[0] is frame


def test_frames_that_nobody_tracks_do_not_wait_for_long() -> None:
    queue = FrameQueue(QueueCapacity())
    frames = [stereo_frame(k) for k in range(2)]
    for frame in frames:
        queue.put(frame)
    assert queue.take(5.0) is frames[0]
    assert queue.take(0.01) is frames[1]
