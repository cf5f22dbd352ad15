"""Opening a log file whatever it is packed in: its kind told by content, what it unpacks to bounded.

gzip and zip are unpacked as they are read; a database, or a zip inside something, goes to a temporary file first.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, cast

from collectors.logs.rows import LogFileError, LogFormatError

_HEAD = 1 << 16
_DEEPEST = 3  # packings inside one another
_ALWAYS_ALLOWED = 256 << 20
_MOST_TIMES = 200  # real logs unpack to 10 to 50 times their size, bombs to 1,000 times


class Kind(StrEnum):
    """What a file holds."""

    CSV = "csv"
    XES = "xes"
    OCEL_SQLITE = "ocel sqlite"
    OCEL_XML = "ocel xml"
    OCEL_JSON = "ocel json"


class OpenedLog:
    """A log file in reading.

    `stream` gives the unpacked bytes; `done` of `size` bytes of the file as it lies were read; `digest` is its hash.
    """

    def __init__(self, path: Path, file: io.FileIO, stream: io.BufferedReader, kind: Kind, digest: str) -> None:
        self.path = path
        self.stream = stream
        self.kind = kind
        self.digest = digest
        self.size = path.stat().st_size
        self._file = file

    @property
    def done(self) -> int:
        """Bytes of the file, as it lies, that were read."""
        return self._file.tell() if not self._file.closed else self.size

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """A path under which the unpacked content can be opened, for what needs one."""
        with tempfile.TemporaryDirectory(prefix="throughline-") as folder:
            yield _spooled(self.stream, Path(folder))


class _Bounded(io.RawIOBase):
    """Unpacked bytes, up to a limit; errors of the packing named."""

    def __init__(self, packed: Any, limit: int, name: str) -> None:
        self._packed = packed
        self._left = limit
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._packed.read(len(buffer))
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise LogFileError(f"{self._name}: cannot be unpacked further ({error}); get a whole copy of it") from error
        self._left -= len(data)
        if self._left < 0:
            raise LogFileError(
                f"{self._name}: unpacks to more than {_MOST_TIMES} times its size, as only a bomb does; "
                "unpack it yourself if you trust it, and import that"
            )
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def open_log(path: Path) -> Iterator[OpenedLog]:
    """The log in the file at `path`.

    Errors: LogFormatError when it is not there, LogFileError when it is no log that is known, or unpacks to too much.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb", buffering=0))
            digest = _digest(file)
        except OSError as error:
            raise LogFormatError(f"{path}: cannot be read ({error.strerror}); name a log file") from error
        size = os.fstat(file.fileno()).st_size
        limit = max(_ALWAYS_ALLOWED, _MOST_TIMES * size)
        stream = _unpacked(stack, stack.enter_context(io.BufferedReader(file, _HEAD)), limit, path.name)
        yield OpenedLog(path, file, stream, _kind(stream.peek(_HEAD)[:_HEAD], path.name), digest)


def _digest(file: io.FileIO) -> str:
    made = sha256()
    while block := file.read(1 << 20):
        made.update(block)
    file.seek(0)
    return made.hexdigest()


def _unpacked(stack: ExitStack, stream: io.BufferedReader, limit: int, name: str) -> io.BufferedReader:
    for _ in range(_DEEPEST + 1):
        head = stream.peek(4)[:4]
        if head[:2] == b"\x1f\x8b":
            packed: Any = gzip.GzipFile(fileobj=stream)
        elif head == b"PK\x03\x04":
            packed = _member(stack, stream if stream.seekable() else _held(stack, stream), name)
        else:
            return stream
        stream = stack.enter_context(io.BufferedReader(_Bounded(packed, limit, name), _HEAD))
    raise LogFileError(f"{name}: is packed more than {_DEEPEST} times over; unpack it and import what is in it")


def _member(stack: ExitStack, file: BinaryIO, name: str) -> Any:
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        members = [
            one
            for one in archive.infolist()
            if not one.is_dir() and not one.filename.startswith(("__MACOSX/", ".")) and one.file_size
        ]
        if len(members) != 1:
            names = ", ".join(one.filename for one in members[:5]) or "nothing"
            raise LogFileError(f"{name}: holds {len(members)} files ({names}); unpack it and import them one by one")
        return stack.enter_context(archive.open(members[0]))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, UnicodeError) as error:
        raise LogFileError(f"{name}: cannot be unpacked ({error}); get a whole copy of it") from error


def _held(stack: ExitStack, stream: io.BufferedReader) -> BinaryIO:
    held = stack.enter_context(tempfile.TemporaryFile(prefix="throughline-"))  # noqa: SIM115 - the stack closes it
    shutil.copyfileobj(stream, held)
    held.seek(0)
    return cast(BinaryIO, held)


def _spooled(stream: BinaryIO, folder: Path) -> Path:
    place = folder / "log"
    with place.open("wb") as held:
        shutil.copyfileobj(stream, held)
    return place


_OCEL_TAGS = re.compile(rb"<(object-types|event-types|objects|events)\b")
_XES_TAGS = re.compile(rb"<(extension|global|classifier|trace)\b|xes\.version|xes-standard")


def _kind(head: bytes, name: str) -> Kind:
    if head.startswith(b"SQLite format 3\0"):
        return Kind.OCEL_SQLITE
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise LogFileError(f"{name}: is empty; name a log file")
    if text.startswith(b"<"):
        ocel, xes = _OCEL_TAGS.search(text), _XES_TAGS.search(text)
        if ocel and (not xes or ocel.start() < xes.start()):
            return Kind.OCEL_XML
        if xes or b"<log" in text:
            return Kind.XES
        raise LogFileError(f"{name}: is XML, and neither XES nor OCEL 2.0; export it as one of them")
    if text[:1] in b"{[":
        if b'"ocel:' in text:
            raise LogFileError(f"{name}: is OCEL 1.0; export it as OCEL 2.0")
        if any(key in text for key in (b'"objectTypes"', b'"eventTypes"', b'"objects"', b'"events"')):
            return Kind.OCEL_JSON
        raise LogFileError(f"{name}: is JSON, and no OCEL 2.0; export it as OCEL 2.0")
    return Kind.CSV
