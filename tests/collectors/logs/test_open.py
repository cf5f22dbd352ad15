"""Opening logs: the kind by content, packing taken off, bombs refused."""

import gzip
import io
import sqlite3
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from collectors.logs import open as opening
from collectors.logs.open import Kind, open_log
from collectors.logs.rows import LogFileError, LogFormatError

CSV = b"a,b\n1,2\n"


def a_zip(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def opened(place: Path, content: bytes) -> tuple[Kind, bytes]:
    place.write_bytes(content)
    with open_log(place) as log:
        return log.kind, log.stream.read()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CSV, Kind.CSV),
        (b"<?xml version='1.0'?><log xes.version='1.0'><trace/></log>", Kind.XES),
        (b"<log><trace/></log>", Kind.XES),
        (b"\xef\xbb\xbf<log><object-types/><event-types/></log>", Kind.OCEL_XML),
        (b'{"objectTypes": [], "events": []}', Kind.OCEL_JSON),
        (b"SQLite format 3\0 and so on", Kind.OCEL_SQLITE),
    ],
)
def test_the_kind_is_told_by_content(tmp_path: Path, content: bytes, kind: Kind) -> None:
    assert opened(tmp_path / "log", content) == (kind, content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"<html/>", "neither XES nor OCEL"),
        (b'{"a": 1}', "no OCEL 2.0"),
        (b'{"ocel:events": {}}', "OCEL 1.0"),
        (b"PK\x03\x04 broken", "cannot be unpacked"),
        (b"\x1f\x8b broken", "cannot be unpacked"),
        (gzip.compress(CSV)[:-8], "cannot be unpacked"),
    ],
    # Packed bytes hold the time, and would be another name in every worker.
    ids=["empty", "html", "json", "ocel 1.0", "zip", "gzip", "cut gzip"],
)
def test_what_is_no_log_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(LogFileError, match=said) as refused:
        opened(tmp_path / "log.x", content)
    assert "log.x" in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogFormatError, match="cannot be read"), open_log(tmp_path / "none"):
        pass


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CSV),
        a_zip(log__csv=CSV),
        a_zip(log__zip=CSV),  # a name says nothing
        gzip.compress(gzip.compress(CSV)),
        a_zip(log__zip=a_zip(inner__csv=CSV)),
        gzip.compress(a_zip(log__csv=CSV)),
        a_zip(log__gz=gzip.compress(CSV)),
    ],
    ids=["gzip", "zip", "named zip", "gzip twice", "zip twice", "zip in gzip", "gzip in zip"],
)
def test_packing_is_taken_off(tmp_path: Path, content: bytes) -> None:
    assert opened(tmp_path / "log", content) == (Kind.CSV, CSV)


def test_a_zip_of_several_files_is_refused_with_their_names(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match="holds 2 files"):
        opened(tmp_path / "log.zip", a_zip(a=CSV, b=CSV))


def test_packing_without_end_is_refused(tmp_path: Path) -> None:
    content = CSV
    for _ in range(5):
        content = gzip.compress(content)
    with pytest.raises(LogFileError, match="times over"):
        opened(tmp_path / "log.gz", content)


def test_a_bomb_is_refused_while_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_ALWAYS_ALLOWED", 1 << 20)
    with pytest.raises(LogFileError, match="bomb"):
        opened(tmp_path / "log.gz", gzip.compress(b"0" * (1 << 24)))


def test_a_packed_database_can_be_had_as_a_file(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "plain") as plain:
        plain.execute("CREATE TABLE t (a)")
    plain.close()
    place = tmp_path / "log.gz"
    place.write_bytes(gzip.compress((tmp_path / "plain").read_bytes()))
    with open_log(place) as log, log.as_file() as file:
        assert log.kind is Kind.OCEL_SQLITE
        assert file.read_bytes() == (tmp_path / "plain").read_bytes()
    assert not file.exists()


def test_how_far_a_file_is_read_and_what_it_hashes_to(tmp_path: Path) -> None:
    place = tmp_path / "log"
    place.write_bytes(CSV)
    with open_log(place) as log:
        log.stream.read()
        assert (log.done, log.size) == (len(CSV), len(CSV))
        assert log.digest == sha256(CSV).hexdigest()
