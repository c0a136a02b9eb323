"""`calibrate` from folders of rendered pictures: the rig file, the report, and refusals."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.cli import main
from calibration.board import Chessboard
from calibration.depth_error import DepthError
from calibration.report import Verdict
from calibration.storage import load_rig, to_toml
from calibration.stored_rig import RigQuality, StoredRig
from tests.calibration.synthetic import (
    Renderer,
    mirrored_picture,
    printed,
    random_poses,
    random_rig,
)

BOARD = Chessboard(7, 5, 0.030)
SPEC = "chessboard:7x5:30mm"
RIG = random_rig(np.random.default_rng(21), 400, 300)
PAIRS = 8


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders `left` and `right` with eight pairs of small pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(22)
    sheet = printed(BOARD, 6000)
    left, right = Renderer(RIG.left, sheet), Renderer(RIG.right, sheet)
    for side in ("left", "right"):
        (folder / side).mkdir()
    for k, pose in enumerate(random_poses(rng, RIG, BOARD, PAIRS)):
        cv2.imwrite(str(folder / "left" / f"left{k:02}.png"), left.picture(pose, rng))
        picture = right.picture(RIG.T_right_from_left @ pose, rng)
        cv2.imwrite(str(folder / "right" / f"right{k:02}.png"), picture)
    return folder


@pytest.fixture
def pictures(taken: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    shutil.copytree(taken, tmp_path / "pictures")
    return tmp_path / "pictures"


def calibrate(folder: Path, out: Path, *more: str, board: str = SPEC) -> int:
    words = ["calibrate", str(folder / "left"), str(folder / "right"), "--board", board]
    return main([*words, "--out", str(out), "--lens", "brown-conrady", *more])


def test_pictures_become_a_rig_with_a_report(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, figures = tmp_path / "new" / "rig.toml", tmp_path / "report.json"
    assert calibrate(taken, out, "--json", str(figures), "--serials", "A1,B2") == 0
    stored = load_rig(out)
    assert stored.rig.baseline_m == pytest.approx(RIG.baseline_m, rel=0.005)
    assert (stored.left_serial, stored.right_serial) == ("A1", "B2")
    assert stored.board == SPEC
    assert stored.quality is not None
    assert stored.quality.views == PAIRS
    text = capsys.readouterr()
    for words in ("error on unused views", "baseline", "depth error to expect", "verdict"):
        assert words in text.out
    assert f"pair {PAIRS} of {PAIRS}" in text.err
    report = json.loads(figures.read_text())
    assert report["baseline_m"] == pytest.approx(stored.rig.baseline_m)
    assert report["verdict"] == stored.quality.verdict.value
    assert [e["distance_m"] for e in report["depth_errors"]] == [0.3, 0.5, 0.8]
    assert len(report["views"]) == PAIRS


def test_a_better_rig_is_kept_unless_forced(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rig.toml"
    quality = RigQuality(Verdict.GOOD, 0.1, 0.1, 0.1, 30, 1e-5, (DepthError(0.5, 1e-4, 0),), ())
    good = to_toml(StoredRig(RIG, quality=quality))
    out.write_text(good)
    assert calibrate(taken, out) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"handtune: Not written: '{out}' is there already, and it was found")
    assert out.read_text() == good
    assert calibrate(taken, out, "--force") == 0
    assert load_rig(out).quality != quality
    assert [path.name for path in tmp_path.iterdir()] == ["rig.toml"]


def test_a_file_that_is_no_rig_is_not_replaced(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rig.toml"
    out.write_text("my notes")
    assert calibrate(taken, out) == 2
    assert "it is not a rig file that can be read" in capsys.readouterr().err
    assert out.read_text() == "my notes"


def test_a_rig_of_other_cameras_is_not_replaced(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rig.toml"
    out.write_text(to_toml(StoredRig(RIG, "X1", "X2")))
    assert calibrate(taken, out, "--serials", "A1,B2") == 2
    assert "it is for another camera (X1, not A1)" in capsys.readouterr().err


def test_a_swapped_pair_is_named_and_not_saved(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rig.toml"
    words = ["calibrate", str(taken / "right"), str(taken / "left"), "--board", SPEC]
    assert main([*words, "--out", str(out), "--lens", "brown-conrady"]) == 2
    assert "handtune: Swapped pair" in capsys.readouterr().err
    assert not out.exists()


def test_mirrored_pictures_of_one_camera_are_named(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (pictures / "right").iterdir():
        cv2.imwrite(str(path), mirrored_picture(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)))
    assert calibrate(pictures, tmp_path / "rig.toml") == 2
    assert "Mirrored picture: the right camera" in capsys.readouterr().err


def test_a_wrong_square_is_told_by_the_baseline(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = f"{1000 * RIG.baseline_m:.1f}mm"
    wrong = "chessboard:7x5:33mm"
    assert calibrate(taken, tmp_path / "a.toml", "--baseline", baseline, board=wrong) == 2
    error = capsys.readouterr().err
    assert "Wrong square size" in error
    assert "would have to be 30." in error or "would have to be 29." in error
    assert calibrate(taken, tmp_path / "b.toml", "--baseline", baseline) == 0
    assert "The square agrees with the baseline" in capsys.readouterr().out


def exchange(folder: Path) -> None:
    left, right = folder / "left" / "left03.png", folder / "right" / "right03.png"
    picture = left.read_bytes()
    left.write_bytes(right.read_bytes())
    right.write_bytes(picture)


def another_moment(folder: Path) -> None:
    shutil.copy(folder / "right" / "right05.png", folder / "right" / "right03.png")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (exchange, "left and right are exchanged: the other way round they fit the other pairs"),
        (another_moment, "its pictures are of different moments: the board moved by"),
    ],
)
def test_one_bad_pair_is_named_and_the_rest_makes_the_rig(
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], None],
    why: str,
) -> None:
    damage(pictures)
    out, figures = tmp_path / "rig.toml", tmp_path / "report.json"
    assert calibrate(pictures, out, "--json", str(figures)) == 0
    text = capsys.readouterr().out
    assert f"! Left out (left03.png + right03.png): {why}" in text
    assert "synchronised" not in text
    stored = load_rig(out)
    assert stored.rig.baseline_m == pytest.approx(RIG.baseline_m, rel=0.005)
    assert stored.quality is not None
    assert stored.quality.views == PAIRS - 1
    dropped = {v["name"]: v["dropped"] for v in json.loads(figures.read_text())["views"]}
    assert [name for name, reason in dropped.items() if reason] == ["left03.png + right03.png"]


def test_pictures_of_both_cameras_in_one_folder_are_named_by_patterns(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = tmp_path / "both"
    shutil.copytree(taken / "left", both)
    shutil.copytree(taken / "right", both, dirs_exist_ok=True)
    out = tmp_path / "rig.toml"
    more = ["--board", SPEC, "--out", str(out), "--lens", "brown-conrady"]
    assert main(["calibrate", str(both), str(both), *more]) == 2
    error = capsys.readouterr().err
    assert f"name them by patterns, such as '{both}/left*' and '{both}/right*'" in error
    assert main(["calibrate", f"{both}/left*", f"{both}/rihgt*", *more]) == 2
    assert f"in '{both}' is called 'rihgt*'; check the pattern" in capsys.readouterr().err
    assert main(["calibrate", f"{both}/left*", f"{both}/right*", *more]) == 0
    assert load_rig(out).rig.baseline_m == pytest.approx(RIG.baseline_m, rel=0.005)


def empty_right(folder: Path) -> None:
    for path in (folder / "right").iterdir():
        path.unlink()


def no_right(folder: Path) -> None:
    shutil.rmtree(folder / "right")


def one_more(folder: Path) -> None:
    shutil.copy(folder / "left" / "left00.png", folder / "left" / "left99.png")


def other_numbers(folder: Path) -> None:
    (folder / "right" / "right07.png").rename(folder / "right" / "right08.png")


def no_board(folder: Path) -> None:
    for path in (folder / "right").iterdir():
        cv2.imwrite(str(path), np.full((300, 400), 128, np.uint8))


def one_size_differs(folder: Path) -> None:
    path = folder / "right" / "right03.png"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (800, 600)))


def same_on_both_sides(folder: Path) -> None:
    for path in (folder / "right").iterdir():
        shutil.copy(folder / "left" / path.name.replace("right", "left"), path)


def torn_picture(folder: Path) -> None:
    (folder / "left" / "left02.png").write_bytes(b"\x89PNG torn")


def two_pairs(folder: Path) -> None:
    for side in ("left", "right"):
        for path in sorted((folder / side).iterdir())[2:]:
            path.unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (empty_right, "holds no pictures"),
        (no_right, "a folder of pictures is expected"),
        (one_more, "the same number of pictures, found 9 in"),
        (other_numbers, "the numbers in the names of a pair must agree"),
        (no_board, "No board found: none of the 8 pictures of the right camera"),
        (one_size_differs, "Different resolutions"),
        (same_on_both_sides, "the pictures of both cameras are the same"),
        (torn_picture, "left02.png' cannot be read"),
        (two_pairs, "at least 3 views that both cameras see are needed (20 are good), found 2"),
    ],
)
def test_bad_input_gets_one_sentence(
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: object,
    words: str,
) -> None:
    assert callable(damage)
    damage(pictures)
    out = tmp_path / "rig.toml"
    assert calibrate(pictures, out) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if "handtune:" in line]
    assert len(errors) == 1
    assert words in errors[0]
    assert "Traceback" not in errors[0]
    assert not out.exists()


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--board", "chessboard:9x6", "No such board"),
        ("--baseline", "63", "expected a length with its unit"),
        ("--baseline", "0mm", "expected a length above 0"),
        ("--serials", "A1", "expected two serials"),
        ("--lens", "round", "invalid choice"),
    ],
)
def test_impossible_options_are_refused(
    taken: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    option: str,
    value: str,
    words: str,
) -> None:
    with pytest.raises(SystemExit) as stopped:
        calibrate(taken, tmp_path / "rig.toml", option, value)
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(taken, tmp_path) == 2
    error = capsys.readouterr().err
    assert "Cannot write" in error
    assert "pair 1" not in error
