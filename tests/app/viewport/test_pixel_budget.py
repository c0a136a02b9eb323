from __future__ import annotations

import pytest

from app.viewport.pixel_budget import FIRST_PIXELS, SAMPLE, PixelBudget


@pytest.mark.parametrize("wanted", [(560, 510), (1600, 1000), (2560, 1600), (1, 1)])
def test_a_size_keeps_its_shape_and_the_budget(wanted: tuple[int, int]) -> None:
    width, height = PixelBudget().fit(wanted)
    assert width * height <= FIRST_PIXELS
    if min(wanted) > 16:
        assert width / height == pytest.approx(wanted[0] / wanted[1], rel=0.01)


def test_a_small_view_is_drawn_in_full() -> None:
    assert PixelBudget().fit((560, 510)) == (560, 510)


def _after(ns_per_pixel: float) -> PixelBudget:
    budget = PixelBudget()
    size = budget.fit((1600, 1000))
    for _ in range(SAMPLE):
        budget.record(size, ns_per_pixel * size[0] * size[1] / 1e6)
    return budget


def test_fast_graphics_may_draw_every_pixel() -> None:
    budget = _after(ns_per_pixel=1.0)
    assert budget.changed
    assert budget.fit((1600, 1000)) == (1600, 1000)
    assert not budget.changed


def test_software_graphics_stay_within_the_first_budget() -> None:
    budget = _after(ns_per_pixel=9.0)
    assert not budget.changed
    assert budget.fit((1600, 1000)) == PixelBudget().fit((1600, 1000))
