"""The renderer's process with its real pipe and memory. Skipped where no OpenGL can be had."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from app.viewport.content import ContentOptions, Floor, build_content
from app.viewport.orbit import ViewPose
from app.viewport.render_process import Picture, RenderProcess, RenderRequest
from app.viewport.surface import default_surface
from app.viewport.viewport import Content
from tests.app.scenes import make_hand, make_scene

pytestmark = pytest.mark.slow
START_LIMIT_S = 60.0


def _request(token: int, content: Content, captured_ns: int = 7) -> RenderRequest:
    return RenderRequest(token, captured_ns, content, ViewPose(), (320, 240), (480, 360))


def _wait(process: RenderProcess) -> Picture | None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        picture = process.poll()
        if picture is not None or process.failure:
            return picture
        time.sleep(0.002)
    return None


def _hand_content() -> Content:
    options = ContentOptions(points=False, grid=False)
    return build_content(make_scene((make_hand(),)), None, default_surface(), Floor(), options)


@pytest.fixture
def process() -> Iterator[RenderProcess]:
    made = RenderProcess()
    made.request(_request(0, Content()))
    if _wait(made) is None:
        made.close()
        pytest.skip(f"no off-screen OpenGL: {made.failure}")
    yield made
    made.close()


def test_requests_come_back_as_pictures_with_their_stamps(process: RenderProcess) -> None:
    process.request(_request(5, _hand_content(), captured_ns=123))
    picture = _wait(process)
    assert picture is not None
    assert (picture.reply.token, picture.reply.captured_ns) == (5, 123)
    assert picture.pixels.shape == (360, 480, 4)
    assert picture.pixels.std() > 5


def test_the_picture_on_screen_is_not_written_to(process: RenderProcess) -> None:
    process.request(_request(1, _hand_content()))
    first = _wait(process)
    assert first is not None
    kept = first.pixels.copy()
    process.request(_request(2, Content()))
    deadline = time.monotonic() + START_LIMIT_S
    while not process._pipe.poll() and time.monotonic() < deadline:
        time.sleep(0.002)
    np.testing.assert_array_equal(first.pixels, kept)
    second = _wait(process)
    assert second is not None
    assert (second.pixels != kept).any()


def test_of_many_requests_the_newest_is_drawn(process: RenderProcess) -> None:
    for token in range(1, 6):
        process.request(_request(token, Content()))
    tokens = []
    while not tokens or tokens[-1] != 5:
        picture = _wait(process)
        assert picture is not None
        tokens.append(picture.reply.token)
    assert tokens == [1, 5]


def test_a_renderer_that_died_is_a_sentence_and_not_an_exception(process: RenderProcess) -> None:
    process._process.kill()
    process._process.join(5)
    process.request(_request(1, Content()))
    assert _wait(process) is None
    assert "3D view" in process.failure
    process.request(_request(2, Content()))
    assert process.poll() is None


def test_closing_ends_the_process_and_may_be_repeated(process: RenderProcess) -> None:
    process.close()
    process.close()
    assert not process._process.is_alive()
