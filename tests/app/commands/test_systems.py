"""`throughline systems` and `collect`, against a small product behind a real server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.command import run
from models.store.engine import open_pool, transaction
from models.store.reading.audit import list_audit
from models.store.reading.listing import read_asked
from tests.suites.known import acme_known
from tests.suites.orders import Orders
from tests.suites.server import Reply, serving

SETTINGS = '[systems.acme-eu]\nproduct = "acme"\nrole = "clm"\nbase_url = "{url}/eu"\n'


@pytest.fixture
def source(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Orders]:
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    monkeypatch.chdir(tmp_path)
    orders = Orders(12)
    with acme_known(), serving(orders.answer) as served:
        Path("throughline.toml").write_text(SETTINGS.format(url=served.url))
        yield orders


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)["items"]


def test_collect_once_reads_every_stream_to_its_end(source: Orders, capsys) -> None:
    rows = answer(capsys, "collect", "acme-eu", "--once")
    assert [(row["stream"], row["ended"], row["events"], row["new"]) for row in rows] == [
        ("orders", "read", 12, 12),
        ("returns", "read", 12, 12),
    ]
    (row,) = answer(capsys, "collect", "acme-eu/orders", "--once")
    assert (row["ended"], row["new"]) == ("read", 0)
    (system,) = answer(capsys, "systems", "list")
    assert [stream["stream"] for stream in system["streams"]] == ["orders", "returns"]
    assert run(["systems", "list"]) == 0
    assert "acme-eu" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("reply", "code", "told"),
    [
        (
            Reply(500, {"message": "boom"}),
            1,
            "1 of 2 streams were not read; the first: acme-eu: GET /eu/orders answered 500",
        ),
        (Reply(401, {"message": "who"}), 2, "who; correct [systems.acme-eu.auth]"),
    ],
)
def test_collect_says_what_was_not_read(source: Orders, reply: Reply, code: int, told: str, capsys) -> None:
    source.trouble["/eu/orders"] = reply
    assert run(["collect", "acme-eu", "--once"]) == code
    assert told in capsys.readouterr().err


def test_wrong_settings_end_a_collect_with_2(source: Orders, capsys) -> None:
    source.trouble = {path: Reply(401) for path in ("/eu/orders", "/eu/returns")}
    assert run(["collect", "acme-eu", "--once"]) == 2
    assert run(["collect", "nobody", "--once"]) == 2
    assert "'nobody' is not polled; there are acme-eu" in capsys.readouterr().err
    assert run(["collect", "acme-eu/nothing", "--once"]) == 2
    assert "there are acme-eu/orders, acme-eu/returns" in capsys.readouterr().err


def test_check_reads_one_record_of_each_stream(source: Orders, capsys) -> None:
    rows = answer(capsys, "systems", "check")
    assert [(row["system"], row["stream"], row["is_readable"]) for row in rows] == [
        ("acme-eu", "orders", True),
        ("acme-eu", "returns", True),
    ]
    source.trouble["/eu/returns"] = Reply(403, {"message": "no right on returns"})
    assert run(["systems", "check", "acme-eu"]) == 1
    told = capsys.readouterr()
    assert "1 of 2 streams cannot be read" in told.err
    assert "no right on" in told.out
    assert run(["systems", "check", "nobody"]) == 2


def test_check_names_a_setting_that_is_missing(source: Orders, capsys) -> None:
    path = Path("throughline.toml")
    path.write_text(path.read_text() + 'auth = { kind = "oauth2_client" }\n')
    assert run(["systems", "check"]) == 1
    assert "cannot be read" in capsys.readouterr().err
    path.write_text('[systems.x]\nproduct = "abacus"\nrole = "erp"\nbase_url = "http://127.0.0.1:9"\n')
    assert run(["systems", "check"]) == 1
    assert "abacus" in capsys.readouterr().out


def test_check_says_what_nothing_reads_and_what_is_read(source: Orders, capsys) -> None:
    path = Path("throughline.toml")
    path.write_text(
        path.read_text()
        + "[systems.staff]\nproduct = 'foo'\nrole = 'erp'\n"
        + "[systems.later]\nproduct = 'acme'\nrole = 'clm'\n[systems.feed]\nproduct = 'push'\nrole = 'psa'\n"
    )
    rows = answer(capsys, "systems", "check")
    assert [(row["system"], row["is_readable"]) for row in rows] == [
        ("acme-eu", True),
        ("acme-eu", True),
        ("staff", False),
        ("later", False),
    ]
    assert rows[2]["told"].startswith(
        "throughline.toml: nothing reads it; systems.staff.product is 'foo', and read are acme, boomi, "
    )
    assert rows[3]["told"] == "throughline.toml: nothing reads it; to read it, set systems.later.base_url"
    assert [row["system"] for row in answer(capsys, "systems", "check", "staff")] == ["staff"]


def test_check_names_a_secret_that_is_missing_once_with_file_key_and_fix(source: Orders, capsys) -> None:
    path = Path("throughline.toml")
    path.write_text(path.read_text() + "auth = { kind = 'token', secret = 'env:NOT_SET_ANYWHERE' }\n")
    (row,) = answer(capsys, "systems", "check", code=1)
    assert row == {
        "system": "acme-eu",
        "stream": "",
        "is_readable": False,
        "told": "throughline.toml: systems.acme-eu.auth.secret: the variable NOT_SET_ANYWHERE is not set; "
        "set it to the secret",
    }


def test_reset_cursor_reads_again_what_counts_once_and_is_audited(source: Orders, database: str, capsys) -> None:
    answer(capsys, "collect", "acme-eu", "--once")
    assert run(["systems", "reset-cursor", "acme-eu/orders", "--reason", "a restored backup"]) == 0
    (row,) = answer_of_orders(capsys)
    assert (row["events"], row["new"]) == (12, 0)
    source.requests.clear()
    assert run(["systems", "reset-cursor", "acme-eu/orders", "--from", "2026-03-02T10:05:05Z"]) == 0
    capsys.readouterr()
    (row,) = answer_of_orders(capsys)
    assert row["events"] == 7, "five seconds and the overlap of five minutes later than the first"
    with open_pool(database, max_size=2) as pool, transaction(pool) as connection:
        lines = list_audit(connection, read_asked({})).rows
    assert [(line["verb"], line["object"], line["outcome"], line["actor"]) for line in lines] == [
        ("read_again", "acme-eu/orders", "done", "local")
    ] * 2
    assert lines[1]["reason"] == "a restored backup; from the beginning"
    assert lines[0]["reason"] == "from 2026-03-02T10:05:05+00:00"


def answer_of_orders(capsys) -> Any:
    capsys.readouterr()
    return answer(capsys, "collect", "acme-eu/orders", "--once")


def test_reset_cursor_refuses_what_is_no_stream(source: Orders, capsys) -> None:
    assert run(["systems", "reset-cursor", "acme-eu"]) == 2
    assert run(["systems", "reset-cursor", "acme-eu/nothing"]) == 1
    assert run(["systems", "reset-cursor", "acme-eu/orders", "--from", "yesterday"]) == 2
    assert "yesterday" in capsys.readouterr().err
