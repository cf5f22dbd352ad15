"""Acme as a product that the registry finds, as if its file lay in `collectors/connectors`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import collectors.connectors
from collectors.registry import connectors

_FOLDER = str(Path(__file__).with_name("products"))


@contextmanager
def acme_known() -> Iterator[None]:
    """The registry finds Acme for the block."""
    collectors.connectors.__path__.append(_FOLDER)
    connectors.cache_clear()
    try:
        yield
    finally:
        collectors.connectors.__path__.remove(_FOLDER)
        connectors.cache_clear()
        sys.modules.pop("collectors.connectors.acme", None)
