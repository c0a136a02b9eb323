"""`newcomers`: rows as they come, a table at the end, and going on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from app.commands.newcomers import _Kept
from engine.atomic_file import OutputError
from engine.evaluation.newcomer_people import Newcomer
from engine.evaluation.newcomers import ABLATIONS, Accuracy, NewcomerRow, Variant


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What was measured; the figures are made up, the measuring has its own test."""
    asked: list[tuple[int, str]] = []

    def measure(
        person: Newcomer, seconds: float, test_seconds: float, steps: float, variant: Variant
    ) -> NewcomerRow:
        asked.append((person.number, variant.name))
        after = Accuracy(4.0, 2.0, 1.0) if variant.adapts else Accuracy(8.0, 3.0, 1.0)
        bones = float("nan") if not variant.enrols else 0.011
        return NewcomerRow(
            person.number, variant.name, person.scale, Accuracy(8.0, 5.0, 0.9), after, bones,
            2 * bones, bones * 90, seconds, 1, test_seconds + steps,
        )  # fmt: skip

    monkeypatch.setattr("app.commands.newcomers.measure_newcomer", measure)
    return asked


def test_a_table_with_means_and_the_worst(
    measured: list[tuple[int, str]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "figures.json"
    assert main(["newcomers", "--count", "3", "--first-seed", "200", "--json", str(target)]) == 0
    assert measured == [(number, "all of it") for number in (200, 201, 202)]
    said = capsys.readouterr().out.splitlines()
    assert said[-1].split()[:8] == ["all", "of", "it", "8.0", ">", "4.0", "0.50", "5.0"]
    assert len(json.loads(target.read_text())["rows"]) == 3


def test_a_second_run_goes_on(measured: list[tuple[int, str]], tmp_path: Path) -> None:
    rows = str(tmp_path / "rows.jsonl")
    assert main(["newcomers", "--count", "2", "--rows", rows]) == 0
    assert main(["newcomers", "--count", "4", "--rows", rows]) == 0
    assert [number for number, _ in measured] == [100, 101, 102, 103]
    assert main(["newcomers", "--count", "2", "--rows", rows, "--seconds", "30"]) == 0
    assert [number for number, _ in measured[4:]] == [100, 101], "other conditions, other rows"


def test_ablation_has_a_line_for_everything(
    measured: list[tuple[int, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["newcomers", "--count", "1", "--ablate"]) == 0
    said = capsys.readouterr().out.splitlines()[-len(ABLATIONS) :]
    assert [line[:34].strip() for line in said] == [variant.name for variant in ABLATIONS]
    assert len(measured) == len(ABLATIONS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"rubbish\n", "Line 1 of"),
        (b'{"row": {"before": {}, "after": {}}}\n', "Line 1 of"),
        (b"\x89PNG\r\n\xff\xfe", "cannot be read as rows"),
    ],
)
def test_a_damaged_file_of_rows_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(content)
    assert main(["newcomers", "--count", "1", "--rows", str(rows)]) == 2
    assert said in capsys.readouterr().err


def test_a_row_without_its_conditions_is_said(
    measured: list[tuple[int, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    assert main(["newcomers", "--count", "1", "--rows", str(rows)]) == 0
    entry = json.loads(rows.read_text())
    rows.write_text(json.dumps({"row": entry["row"]}) + "\n")
    assert main(["newcomers", "--count", "1", "--rows", str(rows)]) == 2
    assert "Line 1 of" in capsys.readouterr().err
    assert len(measured) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is full")
def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    kept = _Kept(rows, {})
    rows.symlink_to("/dev/full")
    nothing = Accuracy(float("nan"), float("nan"), 0.0)
    row = NewcomerRow(100, "all of it", 1.0, nothing, nothing, 0.0, 0.0, 1.0, 60.0, 0, 1.0)
    with pytest.raises(OutputError, match="run this again to go on"):
        kept.add(row)


@pytest.mark.parametrize("steps", ["nan", "-1", "0", "inf", "many"])
def test_an_amount_of_work_that_makes_no_sense_is_refused(
    steps: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["newcomers", "--steps-per-second", steps])
    assert ended.value.code == 2
    assert "learning steps a second" in capsys.readouterr().err
