"""First answers to requests that name an idempotency key, so that a repetition is answered and not done again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from models.errors import Refused, RetryLater
from models.store.engine import Connection
from sql import query

KEPT = timedelta(days=7)
_LOST_AFTER = timedelta(minutes=15)
_WAIT_SECONDS = 2.0


class OtherRequestError(Refused):
    """The key was used for another request."""


class AnswerPendingError(RetryLater):
    """The first request of this key is still being worked on."""


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


def claim(connection: Connection, actor: str, key: str, request_hash: UUID, at: datetime) -> Answer | None:
    """The first answer to this request; None when this is the first, which is then ours to answer.

    Errors: OtherRequestError, AnswerPendingError.
    """
    connection.execute(query("forget_answers"), {"before": at - KEPT})
    names = {"actor": actor, "idempotency_key": key}
    ours = {"request_hash": request_hash, "at": at, "lost_before": at - _LOST_AFTER}
    if connection.execute(query("claim_answer"), names | ours).fetchone() is not None:
        return None
    row = connection.execute(query("read_answer"), names).fetchone()
    if row is None or (row[0] == request_hash and row[1] is None):
        raise AnswerPendingError(
            "the first request with this Idempotency-Key is still being worked on", wait_seconds=_WAIT_SECONDS
        )
    if row[0] != request_hash:
        raise OtherRequestError("this Idempotency-Key was used for another request; use a new one for this")
    return Answer(row[1], row[2], bytes(row[3]))


def keep(connection: Connection, actor: str, key: str, answer: Answer) -> None:
    """Keep the answer to a claimed request for a week."""
    row = {"status": answer.status, "headers": Jsonb(answer.headers), "body": answer.body}
    connection.execute(query("keep_answer"), {"actor": actor, "idempotency_key": key} | row)


def release(connection: Connection, actor: str, key: str) -> None:
    """Give up a claimed request that could not be answered."""
    connection.execute(query("release_answer"), {"actor": actor, "idempotency_key": key})
