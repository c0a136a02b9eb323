"""What recording costs, in processor time a frame: codecs, levels, sizes of chunks.

    python -m tests.benchmarks.recording [--frames 60] [--uri sim:...] [--out FOLDER]

`--out` writes a session there besides, and tells what all of it costs.

Processor time of this thread, not time on the clock: the figures hold on a busy machine. 848 x 480
depth and two infrared images at 60 frames a second leave 16.7 ms of one core for everything.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import lz4.frame
import zstandard

from engine.capture.sources import open_camera
from engine.messages import Frame
from engine.recording.describe import description
from engine.recording.frame_messages import encode_frame
from engine.recording.writer import SessionWriter

URI = "sim:width=848,height=480,infrared=2,film=20"
CHUNKS = (1, 2, 4)
"""Frames in a chunk: of 1.6 MB each."""


def codecs() -> dict[str, Callable[[bytes], bytes]]:
    levels = {f"zstd {level}": zstandard.ZstdCompressor(level).compress for level in (-5, -1, 1, 3)}
    return {"none": bytes, "lz4": lz4.frame.compress, **levels}


def encoded(frames: Iterable[Frame], each: int) -> tuple[list[bytes], float]:
    """Chunks of so many frames, and the milliseconds that a frame took."""
    messages: list[bytes] = []
    chunks = []
    began = time.thread_time()
    count = 0
    for frame in frames:
        messages += [message.data for message in encode_frame(frame)]
        count += 1
        if count % each == 0:
            chunks.append(b"".join(messages))
            messages = []
    return chunks, 1000 * (time.thread_time() - began) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--uri", default=URI)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with open_camera(args.uri) as camera:
        frames = [camera.read() for _ in range(args.frames)]
    print("| codec | frames a chunk | encode ms | compress ms | CRC ms | ratio | MB/s at 60 fps |")
    print("|---|---|---|---|---|---|---|")
    for each in CHUNKS:
        chunks, encode_ms = encoded(frames, each)
        began = time.thread_time()
        for chunk in chunks:
            zlib.crc32(chunk)
        crc_ms = 1000 * (time.thread_time() - began) / len(frames)
        raw = sum(map(len, chunks))
        for name, compress in codecs().items():
            began = time.thread_time()
            small = sum(len(compress(chunk)) for chunk in chunks)
            took_ms = 1000 * (time.thread_time() - began) / len(frames)
            rate = small / len(frames) * 60 / 1e6
            print(
                f"| {name} | {each} | {encode_ms:.1f} | {took_ms:.1f} | {crc_ms:.1f} | "
                f"{raw / small:.2f} | {rate:.0f} |"
            )
    if args.out is not None:
        print(whole_session(args.out / "benchmark.mcap", frames))


def whole_session(path: Path, frames: Sequence[Frame]) -> str:
    """What the recorder's thread does for a frame, waiting for the disk aside."""
    describe = description(lambda: None)
    writer = SessionWriter(path, describe(frames[0]))
    began, on_clock = time.thread_time(), time.monotonic()
    for frame in frames:
        writer.add_frame(frame)
    writer.close()
    took_ms = 1000 * (time.thread_time() - began) / len(frames)
    clock_ms = 1000 * (time.monotonic() - on_clock) / len(frames)
    size = path.stat().st_size / len(frames)
    path.unlink()
    return (
        f"whole session: {took_ms:.1f} ms of processor a frame ({clock_ms:.1f} ms on the clock), "
        f"{size / 1e6:.2f} MB a frame"
    )


if __name__ == "__main__":
    main()
