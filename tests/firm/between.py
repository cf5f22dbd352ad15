"""A proxy between the program and the firm: it keeps what was asked, and answers for a system where it is told to."""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.suites.server import Asked, Reply, serving

PASSED_ON = ("ironclad", "salesforce", "netsuite", "boomi")
_KEPT = frozenset({"content-type", "retry-after", "sforce-limit-info", "www-authenticate", "location"})
_NOT_SENT_ON = frozenset({"connection", "content-length", "accept-encoding"})


@dataclass(frozen=True)
class Passed:
    """A request, when it came on the machine's steady clock, and its answer.

    `question` tells questions apart; `rows`: how many records the answer lists; `pause`: the seconds that it asks for.
    """

    at: float
    method: str
    path: str
    status: int
    question: str
    rows: int
    pause: float


class Between:
    """What lies between; `instead` is what a system's requests are answered with, by the first part of their path."""

    def __init__(self, upstream: str) -> None:
        self._upstream = httpx.Client(base_url=upstream, trust_env=False, timeout=120)
        self._lock = threading.Lock()
        self.url = ""
        self.instead: dict[str, Callable[[Asked], Reply | None]] = {}
        self.passed: list[Passed] = []

    def answer(self, asked: Asked) -> Reply:
        system = asked.path.split("/")[1]
        came_at = time.monotonic()
        reply = self.instead.get(system, lambda _: None)(asked) or self._ask(asked)
        question = f"{asked.method} {asked.path}?{asked.text}"
        pause = float(reply.headers.get("retry-after", 0))
        passed = Passed(came_at, asked.method, asked.path, reply.status, question, _rows(reply), pause)
        with self._lock:
            self.passed.append(passed)
        return reply

    def answered(self, system: str) -> Counter[str]:
        """How often each question to a system was answered with a success."""
        return Counter(one.question for one in self.passed if one.path.split("/")[1] == system and one.status < 400)

    def settings(self, text: str) -> str:
        """The settings, asking here. Tokens are fetched where they were, but for the org, which says where it is."""
        direct = str(self._upstream.base_url).rstrip("/")
        for system in PASSED_ON:
            text = text.replace(f'base_url = "{direct}/{system}', f'base_url = "{self.url}/{system}')
        return text.replace(f'token_url = "{direct}/salesforce', f'token_url = "{self.url}/salesforce')

    def close(self) -> None:
        self._upstream.close()

    def _ask(self, asked: Asked) -> Reply:
        headers = {name: value for name, value in asked.headers.items() if name not in _NOT_SENT_ON}
        target = asked.path + (f"?{asked.query}" if asked.query else "")
        got = self._upstream.request(asked.method, target, headers=headers, content=asked.body)
        kept = {name: value for name, value in got.headers.items() if name in _KEPT}
        return Reply(got.status_code, body=got.content, headers=kept)


def _rows(reply: Reply) -> int:
    if reply.body is None or not reply.body.startswith(b"{"):
        return 0
    lists = [value for value in json.loads(reply.body).values() if isinstance(value, list)]
    return sum(map(len, lists))


class Quota:
    """Answers what comes above a number of requests in a second with 429 and a pause."""

    def __init__(self, a_second: int, pause: int = 1) -> None:
        self._a_second = a_second
        self._pause = pause
        self._admitted: deque[float] = deque(maxlen=a_second)

    def __call__(self, asked: Asked) -> Reply | None:
        now = time.monotonic()
        if len(self._admitted) == self._a_second and now - self._admitted[0] < 1:
            return Reply(429, {"title": "Too Many Requests"}, headers={"retry-after": str(self._pause)})
        self._admitted.append(now)
        return None


@contextmanager
def between(upstream: str) -> Iterator[Between]:
    """A proxy to a firm, for the block."""
    proxy = Between(upstream)
    try:
        with serving(proxy.answer) as served:
            proxy.url = served.url
            yield proxy
    finally:
        proxy.close()
