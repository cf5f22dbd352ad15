"""`make bench`: every claim about speed, measured as a ratio in one run. Exit 1 when a bar is missed."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from bench import otlp
from bench.absorb import LITTLE, growing, prepare, ratios
from models.store import embedded, migrate
from models.store.engine import Pool, open_pool


def main() -> int:
    """Measure on an embedded server of its own, which goes away afterwards."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--much", type=int, default=5_000_000, help="events stored in the large store; 0 leaves it out")
    parser.add_argument("--home", type=Path, help="keep the database here; absent: a temporary folder")
    arguments = parser.parse_args()
    process = (files("processes") / "contract_to_cash.toml").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="tl-bench-") as folder:
        home = arguments.home or Path(folder)
        home.chmod(0o711)
        server = embedded.start(home)
        try:
            with _store(server, "ratios") as pool:
                met = ratios(pool, prepare(pool, process), _say)
            if arguments.much:
                with _store(server, "little") as little, _store(server, "much") as much:
                    met.append(growing({LITTLE: little, arguments.much: much}, process, _say))
        finally:
            server.stop()
    with tempfile.TemporaryDirectory(prefix="tl-bench-") as folder:
        Path(folder).chmod(0o711)
        met.append(otlp.rate(Path(folder), _say))
    return 0 if all(met) else 1


@contextmanager
def _store(server: embedded.Server, name: str) -> Iterator[Pool]:
    """A migrated database of its own."""
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute(Composed([SQL("DROP DATABASE IF EXISTS "), Identifier(name), SQL(" WITH (FORCE)")]))
        admin.execute(Composed([SQL("CREATE DATABASE "), Identifier(name), SQL(" OWNER throughline")]))
    url = server.url.replace("@/throughline?", f"@/{name}?")
    migrate.upgrade(url)
    with open_pool(url, max_size=2) as pool:
        yield pool


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
