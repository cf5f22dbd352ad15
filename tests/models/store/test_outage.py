"""A database that goes away for a while: whoever asks is told so, and is served soon after it has come back."""

from pathlib import Path

import pytest

from models.store.engine import Pool, StoreUnavailableError, open_pool, transaction
from tests.servers import crash_debian_server, debian_server, start_debian_server


def answer(pool: Pool, wait_seconds: float) -> object:
    with transaction(pool, wait_seconds=wait_seconds) as connection:
        return connection.execute("SELECT 1").fetchone()


@pytest.mark.needs_postgres15
def test_who_waits_is_served_as_soon_as_the_server_is_back_however_long_it_was_away(
    test_home: Path, worker: str
) -> None:
    home = test_home / f"outage-{worker}"
    with debian_server(home) as url, open_pool(url) as pool:
        assert answer(pool, 1) == (1,)
        crash_debian_server(home)
        # By now the pauses of the driver's own tries are longer than the patience below.
        with pytest.raises(StoreUnavailableError, match="try again"):
            answer(pool, 10)
        start_debian_server(home)
        assert answer(pool, 3) == (1,)
