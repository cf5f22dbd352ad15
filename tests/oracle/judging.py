"""The whole state from events, links and process versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from models.events import HEARTBEAT, LINKED, TRANSACTION_TYPES, Event
from models.process import Process
from tests.oracle.finding import Found, duplicate, failed, operations, outcome, premature, samples, state
from tests.oracle.joining import Kinds, Link, join, kind, shown
from tests.oracle.telling import Told
from tests.oracle.view import ExceptionView, JourneyView, View


def judge(
    events: Sequence[Event],
    links: Sequence[Link],
    versions: Sequence[Process],
    roles: Mapping[str, str],
    as_of: datetime,
) -> View:
    """The state that these events make under the versions of one process, oldest first."""
    kinds = Kinds(versions)
    known = [one for one in events if _is_known(one, versions)]
    contents: dict[object, dict[object, Event]] = {}
    for event in known:
        contents.setdefault(event.identity, {})[event.content_hash] = event
    counting = [variants[min(variants)] for variants in contents.values()]  # type: ignore[type-var]
    joined = join([one for one in counting if one.type != HEARTBEAT], links, kinds)

    view = View()
    found: list[Found] = [*_changed(contents), *_unlinked(joined.unlinked, versions)]
    for contracts, since in joined.conflicts.items():
        names = tuple(shown(one, kinds) for one in contracts)
        found.append(("link_conflict", names, ExceptionView(names[0], None, "", since)))
    for name, reaching in sorted(joined.journeys.items(), key=lambda item: shown(item[0], kinds)):
        key = shown(name, kinds)
        process = _version(versions, min(one.occurred_at for one in reaching))
        contract = key if kind(name) in kinds.journey else None
        told = Told(process, reaching, contract, _elsewhere(reaching, counting, kinds))
        exceptions = [*failed(told), *premature(told), *duplicate(told)]
        found += exceptions
        view.journeys[key] = JourneyView(
            told.contract,
            state(told, exceptions),
            told.step_views(),
            told.agreed(roles),
            {operation: outcome(attempts[-1]) for operation, attempts in operations(told).items()},
        )
        for (figure, subject), sample in samples(told).items():
            view.samples[key, figure, subject] = sample
    # What several journeys share is listed once: where it is open, else with the least contract, else the least key.
    for what, anchor, one in found:
        held = view.exceptions.get((what, anchor))
        if one.opened_at <= as_of and (held is None or _before(one, held, as_of)):
            view.exceptions[what, anchor] = one
    return view


def _elsewhere(reaching: Sequence[Event], counting: Sequence[Event], kinds: Kinds) -> list[Event]:
    """The versions of a journey's records that do not reach it. What comes by shared keys alone is no version."""

    def record(event: Event) -> tuple[str, str] | None:
        is_version = event.type not in TRANSACTION_TYPES | {HEARTBEAT, LINKED}
        has_keys = kinds.contracts(event) or kinds.owned_keys(event)
        return (event.source, event.record) if is_version and has_keys and event.record is not None else None

    own = {record(event) for event in reaching} - {None}
    here = {event.identity for event in reaching}
    return [event for event in counting if record(event) in own and event.identity not in here]


def _before(one: ExceptionView, held: ExceptionView, as_of: datetime) -> bool:
    open_, held_open = (each.settled_at is None or each.settled_at > as_of for each in (one, held))
    if open_ != held_open:
        return open_
    return one.contract is not None and (held.contract is None or one.contract < held.contract)


def _is_known(event: Event, versions: Sequence[Process]) -> bool:
    types = {step.name for one in versions for step in one.steps} | {
        by.by for one in versions for by in one.withdrawals
    }
    return event.type in types | TRANSACTION_TYPES | {HEARTBEAT, LINKED}


def _version(versions: Sequence[Process], first_at: datetime) -> Process:
    """The version in effect at a journey's first event; the first one counts from the beginning."""
    in_effect = [one for one in versions[1:] if one.effective_at is not None and one.effective_at <= first_at]
    return in_effect[-1] if in_effect else versions[0]


def _changed(contents: Mapping[object, Mapping[object, Event]]) -> list[Found]:
    found: list[Found] = []
    for variants in contents.values():
        if len(variants) > 1:
            counting = variants[min(variants)]  # type: ignore[type-var]
            latest = max(one.occurred_at for one in variants.values())
            anchor = (counting.source, counting.id)
            found.append(("changed_content", anchor, ExceptionView(None, None, counting.subject, latest)))
    return found


def _unlinked(events: Sequence[Event], versions: Sequence[Process]) -> list[Found]:
    grace = timedelta(seconds=min(one.unlinked_grace_seconds for one in versions))
    return [
        ("unlinked", (one.source, one.id), ExceptionView(None, None, one.subject, one.occurred_at + grace))
        for one in events
    ]
