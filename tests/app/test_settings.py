from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from app.settings import RECENT_COUNT, Settings, load_settings, save_settings


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "window.json"
    settings = Settings(
        source_uri="folder:/data/x",
        recent_uris=("folder:/data/x",),
        points=True,
        splitter=(900, 300),
    )
    assert save_settings(settings, path)
    assert load_settings(path) == settings


def test_saving_leaves_no_other_file(tmp_path: Path) -> None:
    save_settings(Settings(), tmp_path / "window.json")
    save_settings(Settings(points=True), tmp_path / "window.json")
    assert [p.name for p in tmp_path.iterdir()] == ["window.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '"x"', "\x00\xff"])
def test_a_damaged_file_means_defaults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "window.json"
    path.write_text(text, encoding="utf-8")
    assert load_settings(path) == Settings()


def test_a_missing_file_means_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == Settings()


def test_values_of_another_type_are_left_out_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    stored = {"points": "yes", "grid": False, "splitter": ["a"], "recent_uris": [1], "foreign": 3}
    path.write_text(json.dumps(stored))
    assert load_settings(path) == Settings(grid=False)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert not save_settings(Settings(), tmp_path / "window.json")


def test_a_file_in_the_folders_place_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    assert not save_settings(Settings(), tmp_path / "taken" / "window.json")


def test_recent_sources_are_newest_first_without_doubles_and_bounded() -> None:
    settings = Settings()
    for number in range(RECENT_COUNT + 3):
        settings = settings.remembering(f"folder:/{number}")
    settings = settings.remembering("folder:/5").remembering("sim:")
    assert settings.source_uri == "sim:"
    assert settings.recent_uris[0] == "folder:/5"
    assert len(settings.recent_uris) == len(set(settings.recent_uris)) == RECENT_COUNT
