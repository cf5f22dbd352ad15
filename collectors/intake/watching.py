"""Reading the files of a watched folder: a piece at a time, each committed with how far it goes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from collectors.intake.folder import Folder, held, lines
from collectors.intake.folder_lines import parcels
from collectors.intake.otlp_names import DEFAULT_NAMES, Names
from collectors.intake.taking import Store, take
from models.store.current_rules import CurrentRules
from models.store.engine import Connection, Pool, transaction
from models.store.imports import ImportKey, forget_progress, keep_progress, positions, read_progress

_log = logging.getLogger(__name__)

_LINES = 2_000
_BYTES = 4 * 2**20
_KIND = "folder"
"""What stands in the place of a mapping where the progress of files is kept."""


class Watch:
    """Takes in what is put into a folder. Several may share one; a file is read by one of them at a time."""

    def __init__(self, pool: Pool, folder: Folder, names: Names = DEFAULT_NAMES) -> None:
        self._pool = pool
        self._folder = folder
        self._names = names
        self._rules = CurrentRules()

    def look(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Read every whole file to its end; how many files were done. `is_stopping` is asked between pieces.

        Killed at any instant, the next look goes on where the last commit was. Errors: FolderError;
        StoreUnavailableError.
        """
        self._folder.prepare()
        with transaction(self._pool) as connection:
            forget_progress(connection, _KIND, datetime.now(UTC))
            known = positions(connection, _KIND)
        self._folder.take_back(known)
        self._folder.pick_up()
        done = 0
        for path in self._folder.working():
            with held(path) as file:
                if file is not None and self._read(path, file, is_stopping):
                    self._folder.finish(path)
                    done += 1
                    _log.info("a file is done", extra={"action": "watch", "outcome": path.name})
        return done

    def _read(self, path: Path, file: BinaryIO, is_stopping: Callable[[], bool]) -> bool:
        """Whether the file was read to its end."""
        key = ImportKey(path.name, _KIND)
        with transaction(self._pool) as connection:
            position = read_progress(connection, key)[0]
        for piece, end in _pieces(file, position):
            if is_stopping():
                return False
            self._take(piece, end, key)
            position = end
        # Half a line at the end is waited for.
        return position == os.fstat(file.fileno()).st_size

    def _take(self, piece: list[bytes], end: int, key: ImportKey) -> None:
        now = datetime.now(UTC)

        def also(connection: Connection) -> None:
            keep_progress(connection, key, end, {}, now)

        with transaction(self._pool) as connection:
            store = Store(self._pool, self._rules.workshop(connection), now)
        # All of a piece in one transaction: what is counted in quarantine must not be counted again after a kill.
        found = parcels(piece, self._names)
        take(store, found, batch=max(1, sum(len(one.received.told) for one in found)), also=also)


def _pieces(file: BinaryIO, position: int) -> Iterator[tuple[list[bytes], int]]:
    """Lines by the piece, with the position behind each piece."""
    piece: list[bytes] = []
    size = 0
    end = position
    for line, behind in lines(file, position):
        piece.append(line)
        size += len(line)
        end = behind
        if len(piece) >= _LINES or size >= _BYTES:
            yield piece, end
            piece, size = [], 0
    if piece:
        yield piece, end
