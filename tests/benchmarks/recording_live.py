"""What recording does to tracking: one session, recorded and not recorded by turns.

    python -m tests.benchmarks.recording_live --out FOLDER [--turns 3] [--seconds 10]

Both are measured in the same run, a few seconds apart, so that what else the machine does weighs on
both. The film is rendered before the first turn.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from engine.inference.depth_estimator import create_estimator
from engine.messages import Scene
from engine.session import TrackingSession
from engine.session_status import SessionState

URI = "sim:width=848,height=480,infrared=2,fps=60,pace=live,film=120"


class Latencies:
    """Of every scene, by turn."""

    def __init__(self) -> None:
        self.ms: dict[str, list[float]] = {"not recorded": [], "recorded": []}
        self.turn = ""

    def offer_scene(self, scene: Scene) -> None:
        if self.turn:
            self.ms[self.turn].append(scene.latency_ms)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--uri", default=URI)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    args = parser.parse_args()
    latencies = Latencies()
    session = TrackingSession(args.uri, create_estimator)
    session.add_scene_sink(latencies)
    with session:
        while session.status().state is not SessionState.RUNNING:
            if session.status().state is SessionState.FAILED:
                raise SystemExit(session.status().sentence)
            time.sleep(0.1)
        time.sleep(2.0)
        for turn in range(args.turns):
            for name in latencies.ms:
                before = session.status()
                if name == "recorded":
                    session.start_recording(args.out / f"turn-{turn}.mcap")
                latencies.turn = name
                time.sleep(args.seconds)
                latencies.turn = ""
                after, status = session.status(), session.recording()
                frames, drops = after.frames - before.frames, after.drops - before.drops
                line = f"{name}: {frames} frames captured, {drops} of them not tracked"
                if name == "recorded" and status is not None:
                    session.stop_recording()
                    while (status := session.recording()) and status.running:
                        time.sleep(0.05)
                    line += f"; {status}"
                print(line, flush=True)
    for name, ms in latencies.ms.items():
        p50, p95 = np.percentile(ms, [50, 95])
        print(f"{name}: {len(ms)} scenes, latency {p50:.1f} ms median, {p95:.1f} ms p95")


if __name__ == "__main__":
    main()
