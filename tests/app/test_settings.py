"""Settings: what is allowed, and how a fault is told."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app import settings
from app.settings import SecretMissingError, SettingsError, reveal
from app.settings_tables import Secret
from models.errors import Misconfigured

WHOLE = """
clock = "http://127.0.0.1:8900/_estate/clock"
[reporting]
currency = "USD"
time_zone = "America/New_York"
[process]
files = ["contract_to_cash", "own.toml"]
[rates]
file = "rates.csv"
[people]
ana = { name = "Ana", roles = ["operator"], teams = ["integration"] }
[approval]
money = "100000"
items = 500
[folder]
path = "inbox"
quiet_seconds = 2.5
[otlp]
contract = "com.acme.contract_id"
keys = { project = "com.acme.project" }
sources = { "order flows" = "mulesoft-prod" }
[systems.netsuite-us]
product = "netsuite"
role = "erp"
base_url = "https://example.org/api"
interval_seconds = 30
entities = ["US01"]
auth = { kind = "oauth2_m2m", client_id = "abc", secret = "env:NETSUITE_KEY" }
watch_from = 2026-01-01
[systems.hook]
product = "push"
role = "clm"
expect_every = "24h"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "throughline.toml"
    (tmp_path / "own.toml").write_text("")
    (tmp_path / "rates.csv").write_text("date,from,to,rate\n")
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(path))
    return path


def test_every_key_of_the_file_arrives_typed(file: Path, tmp_path: Path) -> None:
    file.write_text(WHOLE)
    read = settings.load()
    assert read.path == file
    assert read.clock == "http://127.0.0.1:8900/_estate/clock"
    assert (read.reporting.currency, read.reporting.time_zone) == ("USD", ZoneInfo("America/New_York"))
    assert read.rates.file == tmp_path / "rates.csv"
    assert (read.folder.path, read.folder.quiet_seconds) == (tmp_path / "inbox", 2.5)
    assert read.names().contract == "com.acme.contract_id"
    assert read.names().transaction == "throughline.transaction.id"
    assert read.names().keys == {"project": "com.acme.project"}
    assert read.names().source("order flows") == "mulesoft-prod"
    assert read.people["ana"].model_dump() == {"name": "Ana", "roles": ("operator",), "teams": ("integration",)}
    assert (read.approval.money, read.approval.items) == (Decimal(100_000), 500)
    netsuite = read.systems["netsuite-us"]
    assert (netsuite.product, netsuite.role, netsuite.base_url) == ("netsuite", "erp", "https://example.org/api")
    assert (netsuite.interval_seconds, netsuite.entities, netsuite.watch_from) == (30, ("US01",), date(2026, 1, 1))
    assert netsuite.auth is not None
    assert (netsuite.auth.kind, netsuite.auth.client_id) == ("oauth2_m2m", "abc")
    assert read.systems["hook"].expect_every == timedelta(days=1)


def test_watching_begins_with_the_day_in_the_reporting_zone(file: Path) -> None:
    file.write_text(WHOLE)
    assert settings.load().watch_from("netsuite-us") == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert settings.load().watch_from("hook") is None
    assert settings.load().watch_from("unlisted") is None


def test_without_a_file_there_are_no_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read = settings.load()
    assert (dict(read.systems), read.clock, read.path, read.database_url) == ({}, "system", None, None)


def test_a_file_in_the_working_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "throughline.toml").write_text('[reporting]\ncurrency = "CHF"\n')
    assert settings.load().reporting.currency == "CHF"


def test_the_database_and_the_home_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", "postgresql://me:secret@example.org/db")
    monkeypatch.setenv("THROUGHLINE_HOME", str(tmp_path / "home"))
    read = settings.load()
    assert read.database_url == "postgresql://me:secret@example.org/db"
    assert read.home == tmp_path / "home"
    assert "secret" not in repr(read)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://me:hush@[bad/db", "cannot be read: end of string reached when looking for matching"),
        (
            "postgresql://me:hush@host/db?colour=red",
            'cannot be read: invalid URI query parameter: "colour"; allowed: the',
        ),
        ("postgresql://me:hush%zz@host/db", "cannot be read: "),
        ("postgresql://me:hush@host:notaport/db", "cannot be read: a port is a number from 1 to 65535; allowed"),
        ("postgresql://me:hush@host:5432,other:65536/db", "cannot be read: a port is a number"),
        ("me:hush@host/db", "THROUGHLINE_DATABASE_URL has no scheme; allowed"),
        ("me:hush://host/db", "THROUGHLINE_DATABASE_URL has no scheme; allowed"),
    ],
)
def test_the_address_of_a_database_that_cannot_be_read_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", url)
    with pytest.raises(SettingsError, match="THROUGHLINE_DATABASE_URL") as caught:
        settings.load()
    assert told in str(caught.value)
    assert "hush" not in str(caught.value)


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", "")
    assert settings.load().database_url is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('clock = "http://example.org/clock"', 'clock: found "http://example.org/clock"; allowed: "system", or'),
        ('clock = "https://10.0.0.1/clock"', "clock: found"),
        ("[reporting]\ncurrency = 'euro'", 'reporting.currency: found "euro"; allowed: a currency code of ISO 4217'),
        ("[reporting]\ntime_zone = 'Europe/Berln'", 'reporting.time_zone: found "Europe/Berln"; allowed: a zone of'),
        ("reporting = 3", "reporting: found 3; allowed: a table [reporting]"),
        ("[process]\nfiles = 'x'", 'process.files: found "x"; allowed: a list of shipped processes'),
        ("[process]\nfiles = []", "process.files: found []; allowed: a list of shipped processes"),
        ("[approval]\nmoney = 1.5", "approval.money: found 1.5; allowed: an amount of the reporting currency in"),
        ("[approval]\nmoney = 'NaN'", 'approval.money: found "NaN"; allowed: an amount'),
        ("[approval]\nmoney = '-1'", 'approval.money: found "-1"; allowed: an amount'),
        ("[approval]\nitems = 0", "approval.items: found 0; allowed: a whole number above 0"),
        ("[people.Ana]\nname = 'Ana'", "people.Ana: found this name; allowed: tables [people.NAME]"),
        ("[people.ana]\nroles = 'operator'", 'people.ana.roles: found "operator"; allowed: a list of roles'),
        ("[people.ana]\nroles = [5]", "people.ana.roles.0: found 5; allowed: a list of roles, such as"),
        ("[rates]\nfile = 'rate.csv'", "rate.csv', which cannot be read: No such file or directory; allowed: the path"),
        ("[rates]\nfile = '.'", "which cannot be read: Is a directory; allowed: the path of a CSV file with date"),
        ("[systems.'a/b']\nproduct = 'x'\nrole = 'erp'", "systems.a/b: found this name; allowed: tables [systems."),
        ("[systems.a]\nproduct = 'x'", "systems.a.role: missing; allowed: a word"),
        ("[systems.a]\nrole = 5\nproduct = 'x'", "systems.a.role: found 5; allowed: a word"),
        ("[systems.a]\nrole = 'erp'\nproduct = 'x'\ninterval_seconds = '60'", 'found "60"; allowed: a number of'),
        ("[systems.a]\nrole = 'erp'\nproduct = 'x'\nwatch_from = '2026-01-01'", "watch_from: found"),
        ("[systems.a]\nrole = 'erp'\nproduct = 'push'\nexpect_every = '24'", "expect_every: found"),
        ("[systems.a]\nrole = 'erp'\nproduct = 'x'\nexpect_every = '24h'", 'allowed: with product "push" only'),
        ("[systems.a]\nrole = 'erp'\nproduct = 'push'\nbase_url = 'https://x'", 'found base_url beside product "push"'),
        ("[systems.a]\nrole = 'erp'\nproduct = 'x'\nbase_url = 'ftp://x.org'", "base_url: found"),
        ("colour = 1", "colour: found a key that is not known; allowed: approval, clock,"),
        ("[systems.a]\nrole = 'erp'\nproduct = 'x'\nbase_ur = 'x'", "a.base_ur: found a key that is not known; did"),
        ("[reporting]\ncurency = 'EUR'", "reporting.curency: found a key that is not known; did you mean currency?"),
        ("clock = ", "found what is not TOML"),
        ("clock = 'system'\nclock = 'system'", "found what is not TOML"),
    ],
)  # fmt: skip
def test_a_fault_names_file_key_what_was_found_and_what_is_allowed(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert str(caught.value).startswith(f"{file}: ")
    assert told in str(caught.value)
    assert isinstance(caught.value, Misconfigured)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", "its first line is ''"),
        ("a,b\n", "its first line is 'a,b'"),
        ("date,from,to,rate\n2026-01-01,EUR,USD,1.08\n\n2026-01-02,EUR,USD,abc\n", "line 4: 'abc' is no rate such as"),
        ("date,from,to,rate\n2026-01-01,EUR,USD,-1\n", "line 2: '-1' is no rate"),
        ("date,from,to,rate\n2026-01-01,EUR,USD,NaN\n", "line 2: 'NaN' is no rate"),
        ("date,from,to,rate\n2026-01-01,eur,USD,1\n", "line 2: 'eur' is no currency such as EUR"),
        ("date,from,to,rate\n01.02.2026,EUR,USD,1\n", "line 2: '01.02.2026' is no date such as"),
        ("date,from,to,rate\n2026-01-01,EUR,USD\n", "line 2: 3 values instead of 4"),
        ('date,from,to,rate\n"2026-01-01,EUR,USD,1\n', "line 2: unexpected end of data"),
    ],
)
def test_rates_are_refused_with_their_line(file: Path, tmp_path: Path, lines: str, told: str) -> None:
    file.write_text("[rates]\nfile = 'rates.csv'\n")
    (tmp_path / "rates.csv").write_text(lines)
    with pytest.raises(SettingsError, match=re.escape(told)):
        settings.load()


def test_rates_are_taken(file: Path, tmp_path: Path) -> None:
    file.write_text("[rates]\nfile = 'rates.csv'\n")
    (tmp_path / "rates.csv").write_text("date,from,to,rate\r\n2026-01-01,EUR,USD,1.0834\r\n")
    assert settings.load().rates.file == tmp_path / "rates.csv"


def test_a_file_of_rates_that_is_no_text_is_told(file: Path, tmp_path: Path) -> None:
    file.write_text("[rates]\nfile = 'rates.csv'\n")
    (tmp_path / "rates.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"throughline\.toml: rates\.file: found .*rates\.csv', .* it is not text"):
        settings.load()


def test_all_faults_are_told_at_once(file: Path) -> None:
    file.write_text("colour = 1\n[reporting]\ncurrency = 1\ntime_zone = 1\n")
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    "text",
    [
        "auth = { kind = 'basic', secret = 'hunter2' }",
        "auth = { kind = 'basic', secret = 'plain:hunter2' }",
        "base_url = 'https://me:hunter2@example.org'",
        "base_url = 'ftp://me:hunter2@example.org'",
    ],
)
def test_a_secret_written_where_it_does_not_belong_is_not_repeated(file: Path, text: str) -> None:
    file.write_text(f"[systems.a]\nrole = 'erp'\nproduct = 'x'\n{text}\n")
    with pytest.raises(SettingsError, match="something not shown here; allowed: ") as caught:
        settings.load()
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_named_and_not_there_is_an_error(file: Path) -> None:
    with pytest.raises(SettingsError, match="No such file or directory; correct THROUGHLINE_CONFIG"):
        settings.load()
    assert not file.exists()


def test_a_file_that_is_no_text_is_an_error(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not TOML"):
        settings.load()


def test_secrets_are_read_when_asked_for(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("NETSUITE_KEY", "from the environment")
    file.write_text(WHOLE + "[systems.b]\nproduct = 'x'\nrole = 'erp'\nauth = {kind = 'token', secret = 'file:key'}\n")
    read = settings.load()
    read.require_secrets()
    assert {key: reveal(secret, key) for key, secret in read.secrets().items()} == {
        "systems.netsuite-us.auth.secret": "from the environment",
        "systems.b.auth.secret": "from a file",
    }
    assert "from the" not in repr(read)
    assert "from a" not in repr(read)


def test_a_missing_secret_is_told_with_its_key_and_only_when_needed(file: Path) -> None:
    file.write_text(WHOLE)
    with pytest.raises(
        SecretMissingError, match=r"systems.netsuite-us.auth.secret: the variable NETSUITE_KEY is not set"
    ):
        settings.load().require_secrets()
    with pytest.raises(SecretMissingError, match=r"systems.a.auth.secret: cannot read /nowhere: No such file"):
        reveal(Secret("file", "/nowhere"), "systems.a.auth.secret")


def test_processes_are_shipped_ones_by_name_or_files_beside_the_settings(file: Path, tmp_path: Path) -> None:
    file.write_text(WHOLE)
    (tmp_path / "own.toml").unlink()
    with pytest.raises(
        SettingsError, match=r"process.files.1: found 'own.toml', which is no file; allowed: contract_to_cash"
    ):
        settings.load()
    (tmp_path / "own.toml").write_text("")
    assert [found.name for found in settings.load().process_files()] == ["contract_to_cash.toml", "own.toml"]
