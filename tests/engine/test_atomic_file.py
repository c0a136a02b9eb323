"""Files appear whole or not at all."""

import errno
from pathlib import Path

import pytest

from engine.atomic_file import OutputError, check_writable, replacing


def write_half(target: Path, error: Exception) -> None:
    with replacing(target) as partial:
        partial.write_text("half")
        raise error


def test_content_appears_at_the_end_and_folders_are_made(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "figures.json"
    with replacing(target) as partial:
        partial.write_text("{}")
        assert not target.exists()
        assert partial.suffix == ".json"
    assert target.read_text() == "{}"
    assert list(target.parent.iterdir()) == [target]


def test_an_error_on_the_way_keeps_the_former_file_and_leaves_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    target.write_text("former")
    with pytest.raises(ZeroDivisionError):
        write_half(target, ZeroDivisionError())
    assert target.read_text() == "former"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_is_one_sentence_that_says_what_to_do(tmp_path: Path, number: int) -> None:
    target = tmp_path / "hands.npz"
    target.write_text("former")
    with pytest.raises(OutputError, match=r"disk is full.*free some space"):
        write_half(target, OSError(number, "No space left on device"))
    assert target.read_text() == "former"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_no_file_name(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        check_writable(tmp_path)


def test_a_file_on_the_way_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Cannot write"):
        check_writable(tmp_path / "file" / "hands.npz")


def test_checking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "hands.npz")
    assert list(tmp_path.iterdir()) == []
