"""Requested changes. None can be requested yet, so there are none; what a list may be asked is settled all the same."""

from __future__ import annotations

from models.questions import unknown
from models.store.reading.listing import Asked, Page

FILTERS = ("id", "kind", "exception", "transaction", "operation", "parent", "status", "requested_by", "approved_by")


def list_actions(asked: Asked) -> Page:
    """Actions in the shape of the interface. QuestionError as for every list."""
    for name in asked.filters:
        if name not in FILTERS:
            raise unknown("filter", name, [*FILTERS, "limit", "cursor", "sort"])
    if asked.sort and asked.sort.removeprefix("-") not in FILTERS:
        raise unknown("sort", asked.sort.removeprefix("-"), FILTERS)
    return Page([], None)
