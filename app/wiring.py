"""From settings to opened things: the one place where the parts are put together."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from app.settings import Settings
from collectors.clock import open_clock
from models.clock import Clock
from models.store import embedded, migrate
from models.store.engine import Pool, in_transaction, open_pool
from models.store.processes import load_processes, set_systems
from models.store.rules import bring_up_to_date


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


def load_rules(store: Store, progress: Callable[[int], None] = lambda count: None) -> int:
    """Keep the settings' processes and systems in the store; how many journeys had to be folded anew because of them.

    `progress` is told how many of those are done. Errors: Misconfigured, naming the file and the key.
    """
    found = store.settings
    texts = [(file.name, file.read_text(encoding="utf-8")) for file in found.process_files()]
    now = store.clock.now()
    roles = {name: (system.product, system.role) for name, system in found.systems.items()}
    in_transaction(store.pool, lambda connection: load_processes(connection, texts, now))
    in_transaction(store.pool, lambda connection: set_systems(connection, roles))
    return bring_up_to_date(store.pool, now, progress)
