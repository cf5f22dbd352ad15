"""What a worker does besides saying that it lives: each duty runs in a thread of its own until it is told to stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from app.acting import open_acting
from app.collecting import Rounds, open_collecting
from app.watching import watching
from app.wiring import Store
from app.worker import Duty


@contextmanager
def open_duties(store: Store) -> Iterator[dict[str, Duty]]:
    """The duties of a worker by name, opened for the block. Errors: Misconfigured; StoreUnavailableError."""
    with ExitStack() as stack:
        collecting = stack.enter_context(open_collecting(store))
        runner = stack.enter_context(open_acting(store))
        watch = watching(store)
        yield {"collect": Rounds(collecting).run, "act": runner.run} | ({"watch": watch} if watch else {})
