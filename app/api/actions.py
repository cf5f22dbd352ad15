"""Actions: ask for one or for what it would do, look at them, take them back."""

from typing import Any

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.action_shapes import Action, Plan, Wish
from app.api.body import read_body, require_media_type, unpack
from app.api.describe import answers, list_parameters
from app.api.once import PARAMETER, digest_of, key_of, once
from app.api.problems import ProblemError
from app.api.service import Json, Service, service_of
from app.api.shapes import a_list
from models.actions import ActionOpenError, ActionRefusedError
from models.questions import read_text
from models.store.reading import actions
from models.store.reading.listing import read_asked

router = APIRouter(tags=["actions"])

_ACTOR = "local"
_LONGEST_REASON = 1_000
_LARGEST_BODY = 64 * 1024
_ASKED = answers(Plan, 400, 404, 408, 409, 413, 415, 422) | {
    201: {
        "description": (Action.__doc__ or "").partition("\n")[0],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Action"}}},
    }
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Wish.model_json_schema(ref_template="#/components/schemas/{model}")}
        },
    },
    "parameters": [PARAMETER],
}


class _Wish(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    reason: str = ""
    dry_run: bool = False
    changes: dict[str, Any] | None = None
    to: str | None = None
    until: str | None = None


_wish = msgspec.json.Decoder(_Wish)


@router.post("/api/v1/exceptions/{id}/actions", responses=_ASKED, openapi_extra=_BODY, response_class=Response)
async def post_action(request: Request, id: str) -> Response:
    """Ask for an action on an exception: 201 with the action, which a worker then carries out.

    With `dry_run` 200 with the plan, also where it would be refused; the system that would be asked is asked what it
    would do. 409 where an action on the same operation is under way, 422 where a rule forbids it.
    """
    require_media_type(request, ("application/json",))
    key = key_of(request)
    service = service_of(request)
    body, is_packed = await read_body(request, _LARGEST_BODY)
    raw = unpack(body, _LARGEST_BODY) if is_packed else body
    wish = _read(raw)
    exception = read_text("exception", id)
    digest = digest_of("POST action", exception.encode(), raw)

    def answer() -> Json:
        return _answer(service, exception, wish)

    return await to_thread.run_sync(lambda: once(service, _ACTOR, key, digest, answer))


@router.get(
    "/api/v1/actions",
    responses=answers(a_list(Action), 400),
    openapi_extra=list_parameters(actions.ACTIONS),
    response_class=Response,
)
def list_actions(request: Request) -> Response:
    """Actions, the latest first."""
    service = service_of(request)
    parameters: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        parameters.setdefault(name, []).append(value)
    asked = read_asked(parameters, service.zone)
    page = service.read(lambda connection: actions.list_actions(connection, asked))
    return Json({"items": page.rows, "next": page.next})


@router.get("/api/v1/actions/{id}", responses=answers(Action, 404), response_class=Response)
def get_action(request: Request, id: str) -> Response:
    """One action with every time that it was sent, what came of it, and the effect that proves it."""
    action_id = read_text("action", id)
    row = service_of(request).read(lambda connection: actions.find_action(connection, action_id))
    if row is None:
        raise ProblemError(404, f"there is no action {id[:50]!r}")
    return Json(row)


@router.post("/api/v1/actions/{id}/cancel", responses=answers(Action, 404, 422), response_class=Response)
def post_cancel(request: Request, id: str) -> Response:
    """Take an action back that waits. 422 where it was begun with, or is over."""
    action_id = read_text("action", id)
    row = _planned(lambda: service_of(request).planner.cancel(action_id, actor=_ACTOR))
    if row is None:
        raise ProblemError(404, f"there is no action {id[:50]!r}")
    return Json(row)


def _answer(service: Service, exception_id: str, wish: _Wish) -> Json:
    planner = service.planner
    given = [name for name in ("changes", "to", "until") if getattr(wish, name) is not None]
    if wish.dry_run:
        plan = _planned(lambda: planner.plan(exception_id, wish.kind, given))
        if plan is not None:
            return Json(plan.shape())
    else:
        row = _planned(lambda: planner.request(exception_id, wish.kind, reason=wish.reason, actor=_ACTOR, given=given))
        if row is not None:
            return Json(row, 201, {"Location": f"/api/v1/actions/{row['id']}"})
    raise ProblemError(404, f"there is no exception {exception_id[:50]!r}")


def _planned(work: Any) -> Any:
    try:
        return work()
    except ActionOpenError as error:
        raise ProblemError(409, str(error), action=error.action_id) from error
    except ActionRefusedError as error:
        raise ProblemError(422, str(error)) from error


def _read(body: bytes) -> _Wish:
    try:
        wish = _wish.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProblemError(400, f"the body is no action: {error}") from error
    if len(wish.reason) > _LONGEST_REASON:
        raise ProblemError(400, f"reason has {len(wish.reason)} characters; at most {_LONGEST_REASON} are allowed")
    read_text("reason", wish.reason)
    read_text("kind", wish.kind)
    return wish
