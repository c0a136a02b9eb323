"""Documents agree with what they speak of."""

import re
from pathlib import Path

import pytest

from app.cli import COMMANDS
from engine.capture.sources import SCHEMES
from tests.shared_data import REPOSITORY

DECISIONS = REPOSITORY / "docs" / "decisions"
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])


def test_every_decision_is_listed_once() -> None:
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (DECISIONS / "README.md").read_text())
    assert listed == sorted(path.name for path in DECISIONS.glob("0*.md"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_to_files_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_the_readme_names_every_source_and_command() -> None:
    text = (REPOSITORY / "README.md").read_text()
    assert [scheme for scheme in SCHEMES if f"`{scheme}:" not in text] == []
    assert [name for name in COMMANDS if name != "run" and f"main.py {name}" not in text] == []
