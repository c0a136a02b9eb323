"""The stopwatch of a frame's stages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.inference import stage_times
from engine.inference.stage_times import StageTimes


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that shows 0, 1, 3, 6, 10, ... ms: laps of 1, 2, 3, 4 ms."""

    def ticks() -> Iterator[float]:
        now, lap = 0.0, 1
        while True:
            yield now
            now, lap = now + lap / 1000, lap + 1

    moments = ticks()
    monkeypatch.setattr(stage_times.time, "perf_counter", lambda: next(moments))


@pytest.mark.usefixtures("clock")
def test_laps_add_up_by_stage_in_the_order_they_first_ran() -> None:
    times = StageTimes()
    for stage in ("find", "network", "fit", "network"):
        times.lap(stage)
    stages = times.freeze()
    assert list(stages) == ["find", "network", "fit"]
    assert stages["find"] == pytest.approx(1.0)
    assert stages["network"] == pytest.approx(2.0 + 4.0)
    assert stages["fit"] == pytest.approx(3.0)


def test_what_is_handed_out_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        StageTimes().freeze()["find"] = 1.0  # type: ignore[index]
