"""`doctor`: complete, readable, never a failure."""

import json

import pytest

from app.cli import main
from app.commands.doctor import LINE_WIDTH, table_lines
from app.diagnosis import Finding, Verdict, examine
from engine.errors import WeightsError

GROUPS = ["Machine", "Display", "Cameras", "Packages", "GPU", "Weights"]


def test_json_covers_every_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert list(dict.fromkeys(finding["group"] for finding in findings)) == GROUPS
    assert {finding["verdict"] for finding in findings} <= {"ok", "absent", "problem"}


def test_table_fits_and_aligns() -> None:
    lines = table_lines(examine())
    assert all(len(line) <= LINE_WIDTH for line in lines)
    assert all(group in lines for group in GROUPS)


def test_what_is_absent_or_wrong_says_how_to_get_it() -> None:
    for finding in examine():
        if finding.verdict is not Verdict.OK and finding.group in ("Cameras", "Packages"):
            assert finding.remedy, finding


def test_a_missing_zed_sdk_warns_of_the_package_of_that_name() -> None:
    zed = next(finding for finding in examine() if finding.name == "ZED SDK")
    assert zed.verdict is Verdict.OK or "stereolabs.com" in zed.remedy


def test_bad_weights_are_a_finding_not_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreadable() -> None:
        raise WeightsError("The list of weights is missing.")

    monkeypatch.setattr("app.diagnosis.read_manifest", unreadable)
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "The list of weights is missing." in said
    assert "need attention" in said


def test_summary_counts_problems_only() -> None:
    absent = Finding("G", "a", Verdict.ABSENT, "not there")
    assert table_lines([absent])[-1] == "Everything needed is there."
    problem = Finding("G", "b", Verdict.PROBLEM, "broken", "Mend it")
    assert table_lines([absent, problem])[-1].startswith("1 ")
