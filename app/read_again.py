"""Reading a stream again, from its beginning or from an instant on. What it tells is the same, and counts once."""

from datetime import UTC, datetime

from collectors.window import cursor_from
from models.store import audit, streams
from models.store.engine import Connection, Pool, in_transaction


def read_again(pool: Pool, system: str, stream: str, start: datetime | None, *, actor: str, reason: str) -> bool:
    """Have a stream read again at once, audited; False where there is no such stream.

    Whoever reads it now loses it. Errors: StoreUnavailableError.
    """

    def work(connection: Connection) -> bool:
        is_there = streams.set_cursor(connection, system, stream, None if start is None else cursor_from(start))
        said = "from the beginning" if start is None else f"from {start.astimezone(UTC).isoformat()}"
        audit.record(
            connection,
            at=datetime.now(UTC),
            actor=actor,
            verb="read_again",
            object=f"{system}/{stream}",
            outcome="done" if is_there else "refused",
            reason=f"{reason}; {said}" if reason else said,
        )
        return is_there

    return in_transaction(pool, work)
