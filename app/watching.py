"""The watched folder of the settings, as a duty of a worker."""

from __future__ import annotations

import logging
import threading

from app.wiring import Store
from app.worker import Duty
from collectors.intake.folder import Folder
from collectors.intake.watching import Watch
from models.errors import ThroughlineError

_log = logging.getLogger(__name__)

_IDLE_SECONDS = 1.0
_TROUBLE_SECONDS = 5.0


def watching(store: Store) -> Duty | None:
    """What takes in the files of the folder; None where the settings name none. Errors: FolderError."""
    found = store.settings.folder
    if found.path is None:
        return None
    folder = Folder(found.path, found.quiet_seconds)
    folder.prepare()
    watch = Watch(store.pool, folder, store.settings.names())

    def run(stopping: threading.Event) -> None:
        while not stopping.is_set():
            stopping.wait(_IDLE_SECONDS if _look(watch, stopping) else _TROUBLE_SECONDS)

    return run


def _look(watch: Watch, stopping: threading.Event) -> bool:
    """Whether it went well."""
    try:
        watch.look(stopping.is_set)
    except (ThroughlineError, OSError) as error:
        _log.warning("the folder cannot be read", extra={"action": "watch", "outcome": str(error)})
        return False
    return True
