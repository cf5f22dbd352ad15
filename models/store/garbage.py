"""Python's search for cyclic garbage, paused while a batch is absorbed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_pausing = 0
_was_enabled = True


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cyclic garbage during the block, in no thread.

    A batch makes hundreds of thousands of objects without cycles; each search would walk over all of them, a fifth of
    the time. What other threads leave meanwhile is found at the end.
    """
    global _pausing, _was_enabled  # noqa: PLW0603 - the collector is one for the whole process
    with _lock:
        if _pausing == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pausing += 1
    try:
        yield
    finally:
        with _lock:
            _pausing -= 1
            if _pausing == 0 and _was_enabled:
                gc.enable()
