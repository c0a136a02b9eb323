"""The URI syntax: what opens, and one clear sentence for what does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.capture.sources import SCHEMES, open_camera, parse_options, split_location
from engine.errors import SourceError


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("foldr:/tmp", "Did you mean 'folder:/tmp'?"),
        ("RealSense:", "Did you mean 'realsense:'?"),
        ("kinect:", "Use 'sim:' to try without a camera."),
        ("", "Use 'sim:' to try without a camera."),
    ],
)
def test_unknown_uri_gets_one_sentence_with_the_schemes(uri: str, expected: str) -> None:
    with pytest.raises(SourceError) as error:
        open_camera(uri)
    sentence = str(error.value)
    assert sentence.endswith(expected)
    assert all(f"{scheme}:" in sentence for scheme in SCHEMES)
    assert "\n" not in sentence


def test_bare_folder_is_told_its_scheme(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"write 'folder:{tmp_path}'"):
        open_camera(str(tmp_path))


def test_options_are_strings_by_key() -> None:
    assert parse_options("seed=3, hands=2") == {"seed": "3", "hands": "2"}
    assert parse_options("") == {}


@pytest.mark.parametrize("text", ["seed", "seed=", "=3", "seed=3,hands"])
def test_bad_option_is_named(text: str) -> None:
    with pytest.raises(SourceError, match="key=value"):
        parse_options(text)


def test_location_is_split_from_its_options(tmp_path: Path) -> None:
    assert split_location("a/b?fps=5,loop=yes") == ("a/b", {"fps": "5", "loop": "yes"})
    assert split_location("a/b") == ("a/b", {})
    odd = tmp_path / "what?"
    odd.mkdir()
    assert split_location(str(odd)) == (str(odd), {})


def test_no_camera_sdk_is_loaded_for_a_folder(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from engine.capture.sources import open_camera\n"
        "from engine.errors import SourceError\n"
        "try: open_camera(sys.argv[1])\n"
        "except SourceError: pass\n"
        "assert 'engine.capture.folder' in sys.modules\n"
        "assert not {'pyrealsense2', 'torch', 'open3d'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, f"folder:{tmp_path}"], check=True, timeout=60)
