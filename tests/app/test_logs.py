"""Log lines: their form, and that no secret stands in them."""

import io
import json
import logging

import pytest

from app import logs
from app.logs import Redactor


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def written(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_its_fields(stream: io.StringIO) -> None:
    logs.configure(logging.INFO, stream=stream, as_json=True)
    logging.getLogger("collectors.poll").info(
        "cycle finished", extra={"system": "netsuite-us", "duration_seconds": 1.5}
    )
    (line,) = written(stream)
    assert line.pop("timestamp")
    line.pop("message", None)  # pytest formats the record too, which leaves this on it
    assert line == {
        "event": "cycle finished",
        "level": "info",
        "logger": "collectors.poll",
        "system": "netsuite-us",
        "duration_seconds": 1.5,
    }


def test_what_is_below_the_level_is_not_written_and_configuring_twice_writes_once(stream: io.StringIO) -> None:
    logs.configure(logging.WARNING, stream=stream, as_json=True)
    logs.configure(logging.WARNING, stream=stream, as_json=True)
    logging.getLogger("a").info("no")
    logging.getLogger("a").warning("yes")
    assert [line["event"] for line in written(stream)] == ["yes"]


def test_an_error_carries_its_traceback_without_secrets(stream: io.StringIO) -> None:
    logs.configure(stream=stream, as_json=True, secrets=["hunter2!"])
    try:
        raise ValueError("login with hunter2! failed at https://me:pass@example.org")
    except ValueError:
        logging.getLogger("a").exception("failed")
    (line,) = written(stream)
    assert "Traceback" in str(line["exception"])
    assert "hunter2!" not in stream.getvalue()
    assert "me:pass" not in stream.getvalue()


def test_text_for_people_has_the_same_content(stream: io.StringIO) -> None:
    logs.configure(stream=stream, as_json=False, secrets=["hunter2!"])
    logging.getLogger("a").warning("key hunter2! was refused", extra={"system": "x"})
    assert "key *** was refused" in stream.getvalue()
    assert "system=x" in stream.getvalue()


@pytest.mark.parametrize("key", ["password", "Authorization", "client_secret", "api_key", "access_token", "Set-Cookie"])
def test_a_field_whose_name_says_secret_is_masked(key: str) -> None:
    assert Redactor()(None, "", {key: "abc", "headers": {key: "abc"}}) == {key: "***", "headers": {key: "***"}}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdefghij.klm", "Authorization: Bearer ***"),
        ("postgresql://me:pw@host/db", "postgresql://me:***@host/db"),
        ("nothing to hide: 12:30", "nothing to hide: 12:30"),
        ("https://example.org:8080/a@b", "https://example.org:8080/a@b"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, masked: str) -> None:
    assert Redactor().text(text) == masked


def test_a_secret_of_the_settings_is_masked_wherever_it_stands() -> None:
    redactor = Redactor(["longer-secret", "abc", "longer"])
    line = {"said": "x longer-secret y longer z abc", "list": ["longer"], "count": 3}
    assert redactor(None, "", line) == {"said": "x *** y *** z abc", "list": ["***"], "count": 3}
