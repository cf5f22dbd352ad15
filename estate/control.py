"""`/_estate/*`: the clock, the settings, the truth and the log, and the levers for outages and lies."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from estate.access import SYSTEMS
from estate.services import LIES
from estate.settings import settings_text
from estate.truth import instant
from estate.world import World

FASTEST = 1_000_000.0
FURTHEST_SECONDS = 86400.0 * 185


class _UnfitError(Exception):
    """What was sent is not what is allowed."""


class Control:
    """The estate's own interface over one world."""

    def __init__(self, world: World, base: str, amqp: str | None = None) -> None:
        self._world = world
        self.settings = settings_text(world.access, base, world.scenario.start, amqp)

    def routes(self) -> list[Route]:
        """All paths below `/_estate`."""
        return [
            Route("/_estate/clock", self._clock, methods=["GET"]),
            Route("/_estate/clock", self._taking(self._set_clock), methods=["POST"]),
            Route("/_estate/settings", self._show_settings, methods=["GET"]),
            Route("/_estate/truth", self._truth, methods=["GET"]),
            Route("/_estate/log", self._log, methods=["GET"]),
            Route("/_estate/outage", self._taking(self._outage), methods=["POST"]),
            Route("/_estate/lie", self._taking(self._lie), methods=["POST"]),
        ]

    async def _clock(self, request: Request) -> Response:
        return self._told_clock()

    def _told_clock(self) -> Response:
        return JSONResponse({"now": instant(self._world.clock.now()), "speed": self._world.clock.speed})

    def _set_clock(self, sent: Mapping[str, Any]) -> Response:
        if set(sent) == {"speed"}:
            self._world.clock.set_speed(_number(sent, "speed", FASTEST))
        elif set(sent) == {"advance_seconds"}:
            self._world.clock.advance(_number(sent, "advance_seconds", FURTHEST_SECONDS))
        else:
            raise _UnfitError('send {"speed": X} or {"advance_seconds": N}')
        self._world.catch_up()
        return self._told_clock()

    async def _show_settings(self, request: Request) -> Response:
        return PlainTextResponse(self.settings, media_type="application/toml")

    async def _truth(self, request: Request) -> Response:
        return await run_in_threadpool(lambda: JSONResponse(self._world.view()))

    async def _log(self, request: Request) -> Response:
        return JSONResponse({"items": self._world.log_lines()})

    def _outage(self, sent: Mapping[str, Any]) -> Response:
        _only(sent, {"system", "stream", "seconds"})
        stream = sent.get("stream") or ""
        if not isinstance(stream, str):
            raise _UnfitError("stream is a name in quotes")
        seconds = _number(sent, "seconds", 86400.0)
        self._world.misbehaviour.break_down(_system(sent), stream, seconds)
        return JSONResponse({"system": sent["system"], "stream": stream or None, "seconds": seconds})

    def _lie(self, sent: Mapping[str, Any]) -> Response:
        _only(sent, {"system", "how"})
        if sent.get("how") not in LIES:
            raise _UnfitError(f"how is one of {', '.join(LIES)}")
        self._world.misbehaviour.promise_lie(_system(sent), sent["how"])
        return JSONResponse({"system": sent["system"], "how": sent["how"]})

    def _taking(self, answer: Callable[[Mapping[str, Any]], Response]) -> Callable[[Request], Any]:
        async def take(request: Request) -> Response:
            try:
                sent = json.loads(await request.body())
                if not isinstance(sent, dict):
                    raise _UnfitError("send a JSON object")
                return await run_in_threadpool(answer, sent)
            except (ValueError, _UnfitError) as error:
                return JSONResponse({"error": str(error)}, status_code=422)

        return take


def _only(sent: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(sent) - known)
    if unknown:
        raise _UnfitError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _number(sent: Mapping[str, Any], name: str, most: float) -> float:
    value = sent.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _UnfitError(f"{name} is a number")
    if not 0 <= value <= most:
        raise _UnfitError(f"{name} is between 0 and {most:g}")
    return float(value)


def _system(sent: Mapping[str, Any]) -> str:
    if sent.get("system") not in SYSTEMS:
        raise _UnfitError(f"system is one of {', '.join(SYSTEMS)}")
    return str(sent["system"])
