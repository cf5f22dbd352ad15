"""The estate as one application: its own interface and that of every product, below one address."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

import estate.boomi
import estate.broker
import estate.crm
import estate.ironclad
import estate.netsuite
from estate.access import Access
from estate.clock import BusinessClock
from estate.control import Control
from estate.scenario.making import make
from estate.services import Product
from estate.world import World


@dataclass(frozen=True)
class Size:
    """How large a firm is to be, how its time runs, and how often its systems may be asked: `generous` times what their
    products allow."""

    seed: int = 7
    contracts: int = 400
    months: int = 24
    speed: float = 1.0
    generous: int = 1


class Estate:
    """A firm with all its systems. `app` serves them, `settings` collect them."""

    def __init__(self, size: Size, base: str, amqp: str | None = None, access: Access | None = None) -> None:
        scenario = make(size.seed, size.contracts, size.months, has_broker=amqp is not None)
        # It starts to run when everything is in place: making it took time that is not the firm's.
        clock = BusinessClock(scenario.start, 0.0)
        self.world = World(scenario, clock, access or Access(), generous=size.generous)
        self._speed = size.speed
        products: list[Product] = [
            estate.ironclad.Product(self.world),
            estate.crm.Product(self.world),
            estate.netsuite.Product(self.world),
            estate.boomi.Product(self.world),
        ]
        self._broker = estate.broker.Product(self.world, amqp) if amqp else None
        if self._broker is not None:
            products.append(self._broker)
        self.world.admit(products)
        self.world.catch_up()
        mounts = [Mount(product.prefix, routes=list(product.routes())) for product in products]
        control = Control(self.world, base, amqp)
        self.settings = control.settings
        self.app = _CatchingUp(
            Starlette(
                routes=[*control.routes(), *mounts],
                exception_handlers={HTTPException: _refuse},
            ),
            self.world,
        )

    def start(self) -> None:
        """Let time run, the broker connected."""
        if self._broker is not None:
            self._broker.start()
        self.world.clock.set_speed(self._speed)

    def stop(self) -> None:
        """Disconnect from the broker and remove the secrets."""
        if self._broker is not None:
            self._broker.stop()
        self.world.access.remove()


class _CatchingUp:
    """Before every request what is due happens."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await run_in_threadpool(self._world.catch_up)
        await self._app(scope, receive, send)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, status_code=error.status_code)
