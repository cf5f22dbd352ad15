"""Noticing changes where a source stamps no time on them: by comparing what is read with what was read before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from collectors.base import Memory

_encoder = msgspec.json.Encoder(order="sorted", decimal_format="number")


def digest_of(content: Any) -> str:
    """A short text that stands for this content, whatever the order of its keys."""
    return blake2b(_encoder.encode(content), digest_size=16).hexdigest()


def changed(memory: Memory, contents: Mapping[str, Any]) -> dict[str, str]:
    """Of these records, those that are new or read otherwise than before, by id, with what to remember of them."""
    known = memory.recall(contents)
    now = {record: digest_of(content) for record, content in contents.items()}
    return {record: digest for record, digest in now.items() if known.get(record) != digest}


def gone(memory: Memory, there: Collection[str], among: Iterable[str] | None = None) -> list[str]:
    """Records that are remembered and no longer there; `there` must be all of them, or all of those in `among`."""
    present = set(there)
    known = (record for record, _ in memory.all()) if among is None else iter(memory.recall(list(among)))
    return sorted(record for record in known if record not in present)
