"""Business operations of the middleware: what each was to bring about, and whether that stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from estate.happenings import Happening
from estate.identifiers import Identifiers

_NEW_RECORD = {
    ("certinia", "project.created"): "project",
    ("netsuite", "invoice.posted"): "invoice",
}
"""Effects of which the target takes a second one: it knows no external key for them. All others change a record in
place, or are refused as already there."""


@dataclass
class Operation:
    """One business operation. `done_at` is when its effects first stood, None while they do not."""

    name: str
    effects: list[Happening] = field(default_factory=list)
    done_at: datetime | None = None
    is_poisoned: bool = False
    error_class: str | None = None
    error_message: str | None = None

    def stands(self, now: datetime) -> bool:
        """Whether its effects stand by then."""
        return self.done_at is not None and self.done_at <= now

    def copies(self, ids: Identifiers) -> list[Happening]:
        """The effects once more under new ids, [] where the target has a record and makes no second one."""
        made = []
        for effect in self.effects:
            key = _NEW_RECORD.get((effect.system, effect.what))
            if key == "project":
                data = {**effect.data, "project": ids.salesforce("a0X"), "budget": ids.salesforce("a0B")}
                made.append(replace(effect, data=data))
            elif key == "invoice":
                number = ids.invoice_number()
                data = {**effect.data, "invoice": ids.netsuite("transaction"), "number": number}
                made.append(replace(effect, data=data, subject=number))
        return made
