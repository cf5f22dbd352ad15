"""A watched folder: whole files are picked up, read to their end and put aside; half-written ones are left alone.

A file is whole when it ends with a line end and nobody wrote to it for a while. It is renamed into `working/` under a
name that no file had before, read there, and renamed into `done/`; both are parts of the folder, so that a rename is
one step. A file that somebody goes on writing to after that is read on from there.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from models.errors import Misconfigured

WORKING, DONE = "working", "done"
LONGEST_LINE = 64 * 2**20
"""Bytes of a line, as of a request to the door."""

_UNFINISHED = (".tmp", ".part", ".partial", ".swp", "~")
_STILL_WATCHED_SECONDS = 2 * 86_400


class FolderError(Misconfigured):
    """The folder of the settings cannot be used."""


class Folder:
    """The files of one watched folder. Any number of processes of one machine may share it."""

    def __init__(self, path: Path, quiet_seconds: float) -> None:
        self._path = path
        self._quiet_seconds = quiet_seconds

    def prepare(self) -> None:
        """Make the folder and its parts where they are missing. Errors: FolderError."""
        try:
            for part in (WORKING, DONE):
                (self._path / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(
                f"folder.path {self._path}: {error.strerror}; name a folder that this program may write to"
            ) from error

    def pick_up(self) -> None:
        """Rename every whole file into `working/`, oldest first. One that another process takes meanwhile is its."""
        whole = [path for path in self._files(self._path) if self._is_whole(path)]
        for path in sorted(whole, key=lambda one: one.stat().st_mtime_ns if one.exists() else 0):
            with suppress(FileNotFoundError):
                path.rename(self._path / WORKING / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}-{path.name}")

    def take_back(self, positions: Mapping[str, int]) -> None:
        """Rename files into `working/` again that grew since they were done; `positions` is how far each was read."""
        newer = time.time() - _STILL_WATCHED_SECONDS
        for path in self._files(self._path / DONE):
            with suppress(FileNotFoundError):
                found = path.stat()
                if path.name in positions and found.st_mtime > newer and found.st_size > positions[path.name]:
                    path.rename(self._path / WORKING / path.name)

    def working(self) -> list[Path]:
        """The files that were picked up and are not done, in the order in which they were."""
        return sorted(self._files(self._path / WORKING))

    def finish(self, path: Path) -> None:
        """Put a file aside."""
        path.rename(self._path / DONE / path.name)

    def _files(self, folder: Path) -> list[Path]:
        found: list[Path] = []
        for entry in os.scandir(folder):
            is_file = entry.is_file(follow_symlinks=False)
            if is_file and not entry.name.startswith(".") and not entry.name.endswith(_UNFINISHED):
                found.append(Path(entry.path))
        return found

    def _is_whole(self, path: Path) -> bool:
        with suppress(OSError), path.open("rb") as file:
            found = os.fstat(file.fileno())
            if (
                not stat.S_ISREG(found.st_mode)
                or not found.st_size
                or time.time() - found.st_mtime < self._quiet_seconds
            ):
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
        return False


@contextmanager
def held(path: Path) -> Iterator[BinaryIO | None]:
    """The file, to be read by nobody else for the block; None where somebody else has it, or had it just now.

    The kernel lets go of it when a process dies.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_there = path.stat().st_ino == os.fstat(file.fileno()).st_ino
        except (BlockingIOError, FileNotFoundError):
            is_there = False
        yield file if is_there else None


def lines(file: BinaryIO, position: int) -> Iterator[tuple[bytes, int]]:
    """Whole lines from a position on, without their ends, each with the position behind it.

    What comes after the last line end is half a line, and left. Of a line that is too long its beginning is given.
    """
    file.seek(position)
    while line := file.readline(LONGEST_LINE):
        position += len(line)
        if not line.endswith(b"\n"):
            rest = _skip_line(file)
            if rest is None:
                return
            position += rest
        yield line.rstrip(b"\r\n"), position


def _skip_line(file: BinaryIO) -> int | None:
    """How many bytes the rest of a line has; None where it has no end yet."""
    size = 0
    while piece := file.readline(LONGEST_LINE):
        size += len(piece)
        if piece.endswith(b"\n"):
            return size
    return None
