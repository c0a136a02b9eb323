"""The command line as such: dispatch, exit statuses, one sentence instead of a traceback."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from app.cli import COMMANDS, main
from engine.errors import UserError
from tests.shared_data import REPOSITORY


def use(monkeypatch: pytest.MonkeyPatch, outcome: BaseException | int) -> None:
    """Replace the `doctor` command by one that raises or returns."""

    def run(_: object) -> int:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    fake = SimpleNamespace(add_arguments=lambda _: None, run=run)
    monkeypatch.setitem(sys.modules, "app.commands.doctor", fake)


def test_status_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, 0)
    assert main(["doctor"]) == 0


def test_user_error_is_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, UserError("No camera. Plug one in."))
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "handtune: No camera. Plug one in.\n"


def test_our_own_fault_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


def test_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, KeyboardInterrupt())
    assert main(["doctor"]) == 130


@pytest.mark.parametrize(
    "argv",
    [
        ["fly"],
        ["track"],
        ["track", "sim:", "--frames", "0"],
        ["track", "sim:", "--video", "film.txt"],
        ["eval", "imagenet", "x"],
    ],
)
def test_bad_arguments_are_status_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    begins = [line.split()[:1] for line in capsys.readouterr().out.splitlines()]
    assert all([command] in begins for command in COMMANDS)


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    """`... --help | head -1`, with a pipe that nobody reads any more."""
    code = (
        "import sys; from app.cli import main; from types import SimpleNamespace as N;"
        "sys.modules['app.commands.doctor'] = N(add_arguments=lambda _: None,"
        " run=lambda _: print('a line\\n' * 99999) or 0);"
        "sys.exit(main(['doctor']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == 141
