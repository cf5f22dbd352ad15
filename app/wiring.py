"""From settings to opened things: the one place where the parts are put together."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from app.settings import Settings
from collectors.clock import open_clock
from models.clock import Clock
from models.store import embedded, migrate
from models.store.engine import Pool, open_pool


@dataclass(frozen=True)
class Store:
    """An opened database with a current schema, and what goes with it. `url` reaches the same database."""

    settings: Settings
    clock: Clock
    url: str
    pool: Pool


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """The URL of the database, for as long as the block lasts; the embedded server is started for it. No migrations."""
    if settings.database_url:
        yield settings.database_url
        return
    server = embedded.start(settings.home)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Everything that work on the state needs.

    The embedded database is brought up to date. Another one that is not current is refused with the command to run:
    its owner decides when. Errors: Misconfigured, StoreUnavailableError.
    """
    with ExitStack() as stack:
        url = stack.enter_context(open_database(settings))
        if settings.database_url:
            migrate.require_current(url)
        else:
            migrate.upgrade(url)
        clock = stack.enter_context(open_clock(settings.clock))
        pool = stack.enter_context(open_pool(url))
        yield Store(settings, clock, url, pool)
