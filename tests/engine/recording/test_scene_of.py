"""The recorded scene of any frame, found by random access."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.hand.model import load_hand_model
from engine.recording.reader import SessionReader
from engine.recording.writer import SessionWriter, SplitRule
from tests.engine.recording.sameness import same
from tests.fakes.session_files import FRAMES
from tests.fakes.sessions import header, scene_of, stereo_frame


@pytest.mark.parametrize("split", [None, SplitRule(bytes=1)])
def test_a_frame_s_scene_is_found_behind_it(tmp_path: Path, split: SplitRule | None) -> None:
    """Scenes come late: here each stands behind the next frame, the last one nowhere."""
    path = tmp_path / "a.mcap"
    writer = SessionWriter(path, header(), split, chunk_ns=10**12)
    for number in range(FRAMES):
        writer.add_frame(stereo_frame(number))
        if number:
            writer.add_scene(scene_of(stereo_frame(number - 1)))
        writer._close_chunk(writer._current())
    writer.close()
    with SessionReader(path) as reader:
        for index in (5, 0, 3, 7):
            expected = scene_of(stereo_frame(index))
            assert same(reader.scene_of(index, load_hand_model()), expected)
        assert reader.scene_of(FRAMES - 1) is None
        with pytest.raises(IndexError):
            reader.scene_of(FRAMES)
