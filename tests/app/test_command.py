"""The command: exit codes, and what it says."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.command import run


def test_help_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "contract to cash" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nonsense"], ["db", "restore"], ["db", "status", "--nonsense"]])
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Usage: " in capsys.readouterr().err


def test_wrong_settings_are_2_and_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "throughline.toml").write_text("colour = 1")
    monkeypatch.chdir(tmp_path)
    assert run(["db", "status"]) == 2
    assert capsys.readouterr().err == (
        "throughline: throughline.toml: colour: found a key that is not known; "
        "allowed: approval, clock, folder, otlp, people, process, rates, reporting, systems, telemetry\n"
    )


def test_another_database_than_postgresql_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", "mysql://user:secret@host/name")
    assert run(["db", "status"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("throughline: THROUGHLINE_DATABASE_URL begins with 'mysql'")
    assert "secret" not in said


def test_what_failed_is_1(database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    assert run(["db", "restore", "nowhere"]) == 1
    assert capsys.readouterr().err.startswith("throughline: nowhere is no file")


def test_the_installed_script_ends_with_the_exit_code() -> None:
    script = Path(sys.executable).with_name("throughline")
    assert subprocess.run([script, "nonsense"], capture_output=True, check=False).returncode == 2
