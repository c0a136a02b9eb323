"""The window's tests run without a display."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.desk import Desk

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("HANDTUNE_SESSIONS", str(tmp_path / "sessions"))
    made = Desk(tmp_path / "window.json")
    qtbot.addWidget(made.window)
    made.window.show()
    yield made
    for session in made.sessions:
        session.lingering = False
    made.window.bridge.close()
    made.window.sessions.begin_to_close()
    made.window.sessions.end()
    qtbot.waitUntil(
        lambda: made.window.sources.presenter.poll() or not made.window.sources.presenter.searching
    )
