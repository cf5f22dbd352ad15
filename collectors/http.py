"""The border to other systems over HTTP: signed requests, polite pace, errors in our families.

A connector asks by paths; the host is the one of the settings, whatever an answer says. Messages name the system, the
path and the next step, and never hold parameters, headers or bodies of ours.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from collectors.answers import (
    Answer,
    Explain,
    Judge,
    SignInRefusedError,
    StrayedError,
    ThrottledError,
    UnansweredError,
    UnreadableAnswerError,
    error_of,
    explain_usual,
)
from collectors.limits import PATIENCE_SECONDS, Limiter
from collectors.sign_in import NoSignIn, SignIn

__all__ = ["Answer", "Http", "Manners", "Params"]

Params = Mapping[str, Any] | list[tuple[str, Any]]

_REPEATS = 4
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_ANSWER = 64 * 1024 * 1024
_LONGEST_SECONDS = 300.0


def _as_everywhere(answer: Answer) -> None:
    return None


@dataclass(frozen=True)
class Manners:
    """How a product wants to be asked, and how it says no.

    `requests_per_second` None: as fast as it answers. `headers` go with every request. `explain` finds the vendor's
    words in the body of an error; `judge` says what a status means that means something else here than everywhere.
    """

    requests_per_second: float | None = None
    at_once: int = 4
    timeout_seconds: float = 30.0
    headers: Mapping[str, str] = field(default_factory=dict)
    explain: Explain = explain_usual
    judge: Judge = _as_everywhere


@cache
def _tls() -> ssl.SSLContext:
    """What httpx trusts, read from its file once for all connections."""
    return httpx.create_ssl_context()


class Http:
    """Requests to one system. May be used by several threads; close it at the end."""

    def __init__(
        self,
        system: str,
        base_url: str,
        sign_in: SignIn | None = None,
        manners: Manners | None = None,
        *,
        limiter: Limiter | None = None,
    ) -> None:
        self.system = system
        self.base_url = base_url.rstrip("/")
        self.manners = manners or Manners()
        self._sign_in = sign_in or NoSignIn()
        self._limiter = limiter or Limiter(system, self.manners.requests_per_second, self.manners.at_once)
        self.skew: float | None = None
        """How many seconds the system's clock was ahead of this machine's by the Date of its last answer."""
        self._base = urlsplit(self.base_url)
        self._client = httpx.Client(
            timeout=httpx.Timeout(self.manners.timeout_seconds, connect=min(10.0, self.manners.timeout_seconds)),
            headers={"user-agent": "throughline", "accept": "application/json", **self.manners.headers},
            follow_redirects=False,
            verify=_tls(),
        )

    def get(self, path: str, params: Params | None = None, **parts: Any) -> Answer:
        """Read. Parts and errors as for `request`."""
        return self.request("GET", path, params=params, **parts)

    def post(self, path: str, **parts: Any) -> Answer:
        """Send; say `is_read=True` where it is a question. Parts and errors as for `request`."""
        return self.request("POST", path, **parts)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        content: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        is_read: bool | None = None,
        allow: Collection[int] = (),
    ) -> Answer:
        """Ask, and answer with a success, or with one of the statuses in `allow`.

        `path` is relative to the base URL, or a link that an answer gave. `is_read`: it changes nothing there, so it
        may be repeated when the system is busy; absent: GET and HEAD are. A refused token is renewed once.
        Errors: UnansweredError, FailingError, ThrottledError, UnreadableAnswerError (RetryLater); SignInRefusedError
        (Misconfigured); ForbiddenError, RejectedError, StrayedError (StopStream); what the product's own judge says.
        """
        request = self._client.build_request(
            method, self.url(path), params=params or None, json=json, content=content, headers=headers
        )
        may_repeat = method in {"GET", "HEAD"} if is_read is None else is_read
        for repeat in range(_REPEATS if may_repeat else 1):
            try:
                return self._ask(request, allow)
            except ThrottledError as error:
                wait = self._wait_before_repeat(repeat, error)
                if wait is None or not may_repeat or repeat == _REPEATS - 1:
                    raise
                self._limiter.wait(wait)
        raise AssertionError("the last repeat returns or raises")

    def url(self, path: str) -> str:
        """The whole address of a path, or of a link that an answer gave. Errors: StrayedError for another host."""
        parts = urlsplit(path)
        if parts.scheme or parts.netloc:
            here = (self._base.scheme, self._base.netloc)
            if (parts.scheme or self._base.scheme, parts.netloc) != here:
                raise StrayedError(
                    f"{self.system} gives a link to {parts.netloc}, and base_url is at {self._base.netloc}; "
                    f"correct base_url of [systems.{self.system}] if it has moved"
                )
            return path
        root = f"{self._base.scheme}://{self._base.netloc}"
        path = "/" + path.lstrip("/")
        under_base = self._base.path and (path == self._base.path or path.startswith(f"{self._base.path}/"))
        return f"{root}{path}" if under_base else f"{self.base_url}{path}"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, request: httpx.Request, allow: Collection[int]) -> Answer:
        signed = self._signed(request)
        answer = self._send(request, signed)
        if answer.status == 401 and self._sign_in.forget(signed):
            signed = self._signed(request)
            answer = self._send(request, signed)
        if answer.status in allow:
            return answer
        if answer.status == 401:
            said = self.manners.explain(answer)
            told = f"{answer.place} answered 401" + (f": {said}" if said else "")
            raise SignInRefusedError(
                f"{told}; correct [systems.{self.system}.auth], or grant its user or client the use of this interface"
            )
        error = error_of(answer, self.manners.explain, self.manners.judge)
        if error is None:
            return answer
        wait = getattr(error, "wait_seconds", None)
        if wait:
            self._limiter.pause(wait)
        raise error

    def _signed(self, request: httpx.Request) -> dict[str, str]:
        """The headers that say who we are. A request for a token goes through the limiter as every other one."""
        return self._sign_in.sign(self._send_login, request.method, str(request.url), self.system)

    def _send_login(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        return self._send(self._client.build_request(method, url, headers=headers, content=content), {})

    def _send(self, request: httpx.Request, signed: Mapping[str, str]) -> Answer:
        request.headers.update(signed)
        asked = f"{request.method} {request.url.path}"
        with self._limiter.turn(), self._translated(asked):
            response = self._client.send(request, stream=True)
            try:
                content = self._whole(response, asked)
            finally:
                response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._limiter.heed(headers)
        self._note_clock(headers.get("date", ""))
        return Answer(self.system, asked, str(request.url), response.status_code, headers, content)

    def _note_clock(self, date: str) -> None:
        try:
            self.skew = parsedate_to_datetime(date).timestamp() - time.time()
        except ValueError:
            return

    def _whole(self, response: httpx.Response, asked: str) -> bytes:
        pieces: list[bytes] = []
        length, until = 0, time.monotonic() + _LONGEST_SECONDS
        for piece in response.iter_bytes():
            pieces.append(piece)
            length += len(piece)
            if length > _LONGEST_ANSWER:
                raise UnreadableAnswerError(f"{self.system}: {asked} answers more than 64 MiB; ask for smaller pages")
            if time.monotonic() > until:
                raise UnansweredError(f"{self.system}: {asked} did not end within {_LONGEST_SECONDS:.0f} s")
        return b"".join(pieces)

    @contextmanager
    def _translated(self, asked: str) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            seconds = self.manners.timeout_seconds
            raise UnansweredError(
                f"{self.system}: {asked} was not answered within {seconds:g} s; it is asked again later"
            ) from error
        except httpx.ConnectError as error:
            raise UnansweredError(
                f"{self.system}: no connection to {self._base.netloc} ({error}); it is asked again later, "
                f"or correct base_url of [systems.{self.system}]"
            ) from error
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise UnreadableAnswerError(
                f"{self.system}: the answer to {asked} broke off ({error}); it is asked again later"
            ) from error
        except httpx.TransportError as error:
            raise UnansweredError(f"{self.system}: {asked} broke off ({error}); it is asked again later") from error

    def _wait_before_repeat(self, repeat: int, error: ThrottledError) -> float | None:
        """Seconds to wait in place; None where the stream had better come again later."""
        if error.wait_seconds is not None:
            # The limiter was told, and lets the repeated request wait.
            return 0.0 if error.wait_seconds <= PATIENCE_SECONDS else None
        return _FIRST_WAIT_SECONDS * 2.0**repeat * random.uniform(0.75, 1.25)  # noqa: S311 - only spreads requests
