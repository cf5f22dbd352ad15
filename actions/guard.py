"""What rules of ours say against an action, in words that name the next step."""

from __future__ import annotations

from collections.abc import Sequence

from models.actions import OFFERED, blockers
from models.derived import ExceptionRow
from models.exceptions import ExceptionKind, ExceptionStatus
from models.store.cases import Case, Found

_OVER = (ExceptionStatus.SETTLED, ExceptionStatus.WITHDRAWN)


def against_kind(kind: str, given: Sequence[str] = ()) -> str:
    """Why no action of this kind, with these things `given` beside it, can be requested at all; '' where it can."""
    if kind not in OFFERED:
        return f"{kind} is not offered yet; offered is {', '.join(OFFERED)}"
    if given:
        return f"a {kind} sends what was sent before; {' and '.join(given)} belong to other kinds"
    return ""


def against_exception(found: Found, exception_id: str) -> str:
    """Why an exception cannot be replayed, whatever its state; '' where it can."""
    if found.case is not None:
        return ""
    if found.kind == ExceptionKind.FAILED:
        return f"of exception {exception_id} no failed attempt is known, so there is nothing to replay"
    return f"exception {exception_id} is {found.kind}; only failed operations of middleware can be replayed"


def against_state(case: Case) -> list[str]:
    """What the state of the exception and of its journey says against a replay."""
    told: list[str] = []
    if case.status in _OVER:
        by = f" ({case.row.settled_by})" if case.row.settled_by else ""
        told.append(f"exception {case.exception_id} is {case.status}{by}; there is nothing to replay")
    told += [_goes_first(one) for one in in_the_way(case)]
    return told


def in_the_way(case: Case) -> list[ExceptionRow]:
    """The journey's unsettled failures that must be mended before this one: law 7."""
    return blockers(case.row, case.others, case.amendments, case.process)


def _goes_first(row: ExceptionRow) -> str:
    about = f" of {row.subject}" if row.subject else ""
    return (
        f"{row.step or row.operation}{about} of the same journey failed as well and comes first; "
        f"replay or settle exception {row.exception_id} before this one"
    )
