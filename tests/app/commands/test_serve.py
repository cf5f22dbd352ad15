from pathlib import Path

import pytest

from app.command import run


@pytest.mark.parametrize(
    "amqp", ["hush", "http://u:hush@example.org", "amqp://", "amqp://u:hush@[1", "amqp://u@h:hush/"]
)
def test_a_broker_that_is_no_address_of_one_is_refused_before_anything_starts(
    amqp: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["up", "--demo", "--amqp", amqp]) == 2
    said = capsys.readouterr().err
    assert "allowed: the URL of a RabbitMQ such as amqp://user:password@host:5672/%2F" in said
    assert "hush" not in said
