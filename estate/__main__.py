"""`python -m estate`: serve a pretend firm on a loopback port until it is interrupted."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence

import uvicorn

from estate.server import Estate, Size

HOST = "127.0.0.1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, make the firm, serve it. 2 where an argument is wrong."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log = logging.getLogger("estate")
    size = Size(asked.seed, asked.contracts, asked.months, asked.speed)
    firm = Estate(size, f"http://{HOST}:{asked.port}", asked.amqp)
    firm.start()
    log.info("the firm is open", extra={"port": asked.port})
    sys.stdout.write(f"estate ready on http://{HOST}:{asked.port}/_estate/settings\n")
    sys.stdout.flush()
    try:
        uvicorn.run(firm.app, host=HOST, port=asked.port, log_level="warning")
    finally:
        firm.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m estate", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="same seed, same firm")
    parser.add_argument("--contracts", type=_between(1, 20_000), default=400)
    parser.add_argument("--months", type=_between(1, 60), default=24, help="of history")
    parser.add_argument("--speed", type=_speed, default=1.0, help="business seconds in a second; 0 stops the clock")
    parser.add_argument("--port", type=_between(1, 65535), default=8600)
    parser.add_argument(
        "--amqp", default=None, metavar="URL", help="a RabbitMQ broker; without it nothing of one is told"
    )
    return parser


def _between(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"found {text}; allowed: {least} to {most}")
        return value

    return number


def _speed(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"found {text}; allowed: 0 to 1000000")
    return value


if __name__ == "__main__":
    sys.exit(main())
