"""`python -m estate`: serve a pretend firm on a loopback port until it is interrupted."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from estate.keeping import Keeping
from estate.server import Estate, Size

HOST = "127.0.0.1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, make the firm, serve it. 2 where an argument is wrong."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    size = Size(asked.seed, asked.contracts, asked.months, asked.speed, asked.generous)
    firm = Estate(size, f"http://{HOST}:{asked.port}", asked.amqp)
    keeping = Keeping(asked.state, firm.world) if asked.state else None
    if keeping is not None:
        keeping.restore()
        keeping.start()
    firm.start()
    if asked.attached:
        threading.Thread(target=_end_with_input, name="attached", daemon=True).start()
    server = _Server(uvicorn.Config(firm.app, host=HOST, port=asked.port, log_level="warning"))
    server.firm, server.settings = firm, asked.settings
    try:
        server.run()
    finally:
        firm.stop()
        if keeping is not None:
            keeping.stop()
    return 0


class _Server(uvicorn.Server):
    """Says that it answers when it does."""

    firm: Estate
    settings: Path | None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        if self.settings is not None:
            fresh = self.settings.with_suffix(".new")
            fresh.write_text(self.firm.settings, encoding="utf-8")
            fresh.replace(self.settings)
        sys.stdout.write(f"estate ready on http://{HOST}:{self.config.port}/_estate/settings\n")
        sys.stdout.flush()


def _end_with_input() -> None:
    """Whoever started us holds our standard input open as long as it lives."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m estate", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="same seed, same firm")
    parser.add_argument("--contracts", type=_between(1, 20_000), default=400)
    parser.add_argument("--months", type=_between(1, 60), default=24, help="of history")
    parser.add_argument("--speed", type=_speed, default=1.0, help="business seconds in a second; 0 stops the clock")
    parser.add_argument(
        "--generous",
        type=_between(1, 1_000),
        default=1,
        help="answer so many times the requests that products allow",
    )
    parser.add_argument("--port", type=_between(1, 65535), default=8600)
    parser.add_argument(
        "--amqp", default=None, metavar="URL", help="a RabbitMQ broker; without it nothing of one is told"
    )
    parser.add_argument("--state", type=Path, metavar="FILE", help="go on from where this file says, and keep it")
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="write the settings that collect it here, when it answers"
    )
    parser.add_argument("--attached", action="store_true", help="end when standard input ends")
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
