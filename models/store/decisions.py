"""What people say about identity: these keys belong together, or not after all. Append-only; each can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from models.errors import Refused
from models.events import digest
from models.process import KeyClass
from models.store.append import to_json
from models.store.audit import record
from models.store.engine import Connection
from models.store.removal import settle_keys
from models.store.works import Workshop
from sql import query

_LINKABLE = (KeyClass.JOURNEY.value, KeyClass.OWNED.value)


class LinkRefusedError(Refused):
    """Keys that cannot be linked; the message says which and why."""


class Saying(NamedTuple):
    """Who said something, when and why."""

    decision_id: str
    decided_at: datetime
    actor: str
    reason: str


def link(
    connection: Connection,
    workshop: Workshop,
    keys: Sequence[tuple[str, str]],
    *,
    decision_id: str,
    actor: str,
    reason: str,
    at: datetime,
) -> bool:
    """Say that these journey and owned keys, (name, value) each, belong together; a contested key stays with the
    contract that it is linked to. False when this decision was taken before.

    Errors: LinkRefusedError for fewer than two keys, an unknown key, a shared or context key, or two contracts.
    """
    hashes = [digest(name, value) for name, value in keys]
    classes: dict[UUID, str] = {
        row[0]: row[1] for row in connection.execute(query("classes_of_keys"), {"hashes": hashes})
    }
    texts = [f"{name}:{value}" for name, value in keys]
    if len(set(hashes)) < 2:
        raise LinkRefusedError("a link needs two different keys; name the contract and the key that belongs to it")
    for text, hash_ in zip(texts, hashes, strict=True):
        if classes.get(hash_) not in _LINKABLE:
            found = classes.get(hash_, "unknown")
            raise LinkRefusedError(
                f"{text} is {found}; only journey and owned keys that events have named can be linked"
            )
    contracts = [text for text, hash_ in zip(texts, hashes, strict=True) if classes[hash_] == KeyClass.JOURNEY]
    if len(set(contracts)) > 1:
        raise LinkRefusedError(f"{' and '.join(contracts)} are two contracts, which never merge; relate them instead")
    document = {"keys": texts}
    if not _decide(connection, "link", document, Saying(decision_id, at, actor, reason)):
        return False
    for hash_ in sorted(set(hashes)):
        connection.execute(query("add_decision_key"), {"key_hash": hash_, "decision_id": decision_id})
    connection.execute(query("make_incoming_tables"))
    settle_keys(connection, workshop, hashes)
    return True


def unlink(
    connection: Connection,
    workshop: Workshop,
    linked_by: str,
    *,
    decision_id: str,
    actor: str,
    reason: str,
    at: datetime,
) -> bool:
    """Take the link decided as `linked_by` back; what hung together by it alone parts again. False when it was done
    before.

    Errors: LinkRefusedError when there is no such decision.
    """
    hashes = [row[0] for row in connection.execute(query("keys_of_decision"), {"decision_id": linked_by})]
    if not hashes:
        raise LinkRefusedError(f"there is no link decided as {linked_by}; `throughline links list` shows them")
    if connection.execute(query("undoing_of"), {"decision_id": linked_by}).fetchone():
        return False
    if not _decide(connection, "unlink", {"decision": linked_by}, Saying(decision_id, at, actor, reason)):
        return False
    connection.execute(query("make_incoming_tables"))
    settle_keys(connection, workshop, hashes)
    return True


def decided(connection: Connection) -> list[dict[str, object]]:
    """Every decision, newest first: decision, kind, at, actor, reason, about (the keys, or the decision taken back)."""
    return [
        {
            "decision": row[0],
            "kind": row[1],
            "at": row[2].isoformat(),
            "actor": row[3],
            "reason": row[4],
            "about": row[5].get("keys") or row[5].get("decision"),
        }
        for row in connection.execute(query("decisions"))
    ]


def _decide(connection: Connection, kind: str, document: Mapping[str, object], said: Saying) -> bool:
    row = connection.execute(
        query("add_decision"), {**said._asdict(), "kind": kind, "document": to_json(document)}
    ).fetchone()
    if row is not None:
        record(
            connection,
            at=said.decided_at,
            actor=said.actor,
            verb=kind,
            object=said.decision_id,
            outcome="done",
            reason=said.reason,
        )
    return row is not None
