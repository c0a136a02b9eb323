"""A header comes back whole, or one sentence says what is wrong with it."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.recording.header_messages import decode_header, encode_header
from engine.recording.layout import PictureInfo, SessionError, SessionHeader
from tests.engine.recording.sameness import same
from tests.fakes.cameras import SMALL
from tests.fakes.sessions import header


def test_a_header_comes_back() -> None:
    pose = RigidTransform(rotation_from_axis_angle(np.array([0.1, -0.2, 0.3])), np.arange(3) / 7)
    pictures = (PictureInfo("left", SMALL, pose),)
    full = replace(header(), pictures=pictures, profile="Ærø", part=3, depth_unit_m=0.0001)
    assert same(decode_header(encode_header(full)), full)
    assert all(isinstance(text, str) for text in encode_header(full).values())


@pytest.mark.parametrize("name", [field.name for field in fields(SessionHeader)])
def test_a_header_that_lacks_something_is_one_sentence(name: str) -> None:
    metadata = encode_header(header())
    del metadata[name]
    with pytest.raises(SessionError, match="its header"):
        decode_header(metadata)


@pytest.mark.parametrize("name", [field.name for field in fields(SessionHeader)] + ["sha256"])
def test_a_header_that_was_changed_is_one_sentence(name: str) -> None:
    metadata = encode_header(header())
    metadata[name] += "0"
    with pytest.raises(SessionError, match=r"header|open it with a newer"):
        decode_header(metadata)


def test_a_header_of_the_future_says_what_to_do() -> None:
    metadata = encode_header(replace(header(), format_version=2))
    with pytest.raises(SessionError, match=r"has format 2, .* reads up to 1; open it with a newer"):
        decode_header(metadata)
