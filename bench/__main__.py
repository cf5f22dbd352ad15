"""`make bench`: every claim about speed, measured as a ratio in one run. Exit 1 when a bar is missed."""

import argparse
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from bench.absorb import growing, prepare, ratios
from models.store import embedded, migrate
from models.store.engine import open_pool


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
            migrate.upgrade(server.url)
            with open_pool(server.url, max_size=2) as pool:
                workshop = prepare(pool, process)
                met = ratios(pool, workshop, _say)
                if arguments.much:
                    met.append(growing(pool, workshop, arguments.much, _say))
        finally:
            server.stop()
    return 0 if all(met) else 1


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
