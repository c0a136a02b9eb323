from __future__ import annotations

import numpy as np
import pytest

from app.viewport import still
from app.viewport.still import StillComposer
from tests.app.scenes import make_frame, make_hand, make_scene


@pytest.fixture
def without_graphics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still, "_renderer", lambda: None)


@pytest.mark.usefixtures("without_graphics")
def test_without_graphics_the_overlay_stands_alone_at_the_same_size() -> None:
    hand = make_hand()
    frame = make_frame((hand,))
    composer = StillComposer()
    plain = composer.compose(frame, make_scene())
    drawn = composer.compose(frame, make_scene((hand,)))
    assert drawn.shape == (480, 1280, 3)
    assert drawn.dtype == np.uint8
    changed = np.argwhere((plain != drawn).any(-1))
    assert len(changed) > 500
    assert changed[:, 1].min() > 320
    assert changed[:, 1].max() < 960


def test_the_mesh_stands_beside_the_depth() -> None:
    composer = StillComposer()
    if composer._renderer is None:
        pytest.skip("no off-screen OpenGL")
    hand = make_hand()
    frame = make_frame((hand,))
    with_hand = composer.compose(frame, make_scene((hand,)))[:, 640:]
    without = composer.compose(frame, make_scene())[:, 640:]
    assert with_hand.shape == (480, 640, 3)
    assert (with_hand != without).any(-1).mean() > 0.03
    composer._renderer.close()
