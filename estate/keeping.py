"""A firm that goes on where it was: how late it is there and what was executed, in a file of its own."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from estate.truth import instant
from estate.world import World

_EVERY_SECONDS = 5.0


class Keeping:
    """Keeps a world's time and acts in a file, from `start` to `stop`; not the lists of re-runs of its middleware."""

    def __init__(self, path: Path, world: World) -> None:
        self._path = path
        self._world = world
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeping", daemon=True)

    def restore(self) -> None:
        """Bring a fresh world, whose clock stands, to where the file says; nothing where there is no file."""
        if not self._path.exists():
            return
        kept = json.loads(self._path.read_text(encoding="utf-8"))
        for act in kept["acts"]:
            self._advance(act["at"])
            if act["executed"]:
                self._world.execute(act["system"], act["act"], act["operation"], act["item"], act["idempotency_key"])
        self._advance(kept["now"])
        self._world.catch_up()

    def start(self) -> None:
        """Write the file now and every few seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Write it a last time."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        self._write()

    def _keep(self) -> None:
        while not self._ending.wait(_EVERY_SECONDS):
            self._write()

    def _write(self) -> None:
        kept: dict[str, Any] = {"now": instant(self._world.clock.now()), "acts": self._world.log_lines()}
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(kept), encoding="utf-8")
        fresh.replace(self._path)

    def _advance(self, at: str) -> None:
        ahead = (datetime.fromisoformat(at) - self._world.clock.now()).total_seconds()
        if ahead > 0:
            self._world.clock.advance(ahead)
