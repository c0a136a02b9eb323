"""Where a rig goes, and that a better one is never lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.calibration_wizard.saving import EXPORTS, save, stored_rig, suggested_path, why_ask
from calibration.formats.files import RigFormat, import_rig
from calibration.storage import to_toml
from calibration.stored_rig import StoredRig
from engine.atomic_file import OutputError
from engine.stereo.pair import PairInfo
from tests.app.calibration_wizard.cameras import SIZE, rig
from tests.app.calibration_wizard.solved import solved

INFO = PairInfo(
    "uvc:0,1", "Two webcams", SIZE, SIZE, 30.0, True, left_serial="A1", right_serial="B2"
)


def test_the_file_belongs_to_the_cameras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDTUNE_RIGS", str(tmp_path))
    stored = stored_rig(solved(), INFO)
    path = suggested_path(stored, INFO.name)
    assert path == tmp_path / "A1-B2.toml"
    save(path, stored, ())
    assert path.read_text() == to_toml(stored)
    assert (stored.left_serial, stored.right_serial) == ("A1", "B2")
    assert stored.board.startswith("charuco:8x6")


def test_cameras_without_serials_are_called_by_their_name() -> None:
    assert suggested_path(StoredRig(rig()), "Two webcams").name == "Two-webcams.toml"


def test_a_worse_one_asks_before_it_replaces_a_better_one(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    good = stored_rig(solved(), INFO)
    worse = stored_rig(solved(noise_px=0.6), INFO)
    assert why_ask(path, worse) == ""
    save(path, good, ())
    assert why_ask(path, good) == ""
    assert "There is a calibration of that name already" in why_ask(path, worse)
    assert "another camera" in why_ask(path, replace(good, left_serial="C3"))


def test_a_file_that_is_no_rig_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "notes.toml"
    path.write_text("title = 'mine'")
    assert "no rig file" in why_ask(path, stored_rig(solved(), INFO))


def test_other_programs_get_what_can_be_read_back(tmp_path: Path) -> None:
    stored = stored_rig(solved(), INFO)
    saved = save(tmp_path / "rig.toml", stored, EXPORTS)
    assert len(saved.exports) == 5
    assert all(path.is_file() for path in saved.exports)
    back = import_rig(RigFormat.KALIBR, [tmp_path / "rig-kalibr" / "camchain.yaml"])
    assert back.rig.baseline_m == pytest.approx(stored.rig.baseline_m, rel=1e-6)


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").mkdir()
    with pytest.raises(OutputError, match="this is a folder"):
        save(tmp_path / "rig.toml", stored_rig(solved(), INFO), EXPORTS)
    assert [path.name for path in tmp_path.iterdir()] == ["rig.toml"]
