"""`GET /api/v1/kpis`, and the rows behind each figure."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import figure_shapes
from app.api.describe import answers, filter_parameters, list_parameters, parameter
from app.api.problems import ProblemError
from app.api.service import Json, Service, service_of
from app.api.shapes import a_list
from models.figures import EXCEPTION_DIMENSIONS, FigureKind, Period, PeriodKind, read_window
from models.process import Figure
from models.questions import NotSupportedError, QuestionError, words
from models.store.kpis import Cut, choose, kpis
from models.store.reading.figure_rows import FILTERS, LISTINGS, list_figure_rows
from models.store.reading.listing import read_asked

router = APIRouter(tags=["figures"])

_TIMES = [
    parameter(
        "from",
        {"type": "string"},
        "rows that belong to this time or day, or later ones; a day begins in the reporting zone",
    ),
    parameter("to", {"type": "string"}, "rows that belong to a time before this one"),
]
_NOT_YET = "known_at is not supported yet: figures are told as they are known now"
_EXCEPTION_ROWS = LISTINGS[FigureKind.RECOVERY_TIME]


@router.get(
    "/api/v1/kpis",
    responses=answers(a_list(figure_shapes.Kpi), 400, 422),
    openapi_extra={
        "parameters": [
            parameter("name", {"type": "array", "items": {"type": "string"}}, "figures; without it all of them"),
            parameter(
                "by",
                {"type": "array", "items": {"type": "string"}},
                f"at most one period ({', '.join(PeriodKind)}) and one dimension; exceptions also by "
                f"{', '.join(EXCEPTION_DIMENSIONS)}",
            ),
            *_TIMES,
            parameter("known_at", {"type": "string"}, _NOT_YET),
            *filter_parameters(
                [one for one in _EXCEPTION_ROWS.fields if one.name in FILTERS[FigureKind.RECOVERY_TIME]]
            ),
        ]
    },
    response_class=Response,
)
def list_kpis(request: Request) -> Response:
    """Figures by period and group, as they are now."""
    service = service_of(request)
    asked = _parameters(request)
    window = _window(asked, service)
    names, by = words(asked.pop("name", [])), asked.pop("by", [])
    figures, cut_by = choose(service.workshop().catalogue, names, by)
    cut = Cut(service.now, service.zone, window, asked)
    return Json({"items": service.read(lambda connection: kpis(connection, figures, cut_by, cut)), "next": None})


@router.get(
    "/api/v1/kpis/{name}/samples",
    responses=answers(a_list(figure_shapes.DurationRow), 400, 404, 422, other=a_list(figure_shapes.ExceptionRow)),
    openapi_extra=list_parameters(LISTINGS[FigureKind.DURATION], _TIMES),
    response_class=Response,
)
def list_samples(request: Request, name: str) -> Response:
    """The rows that a figure was made of: as many as it counts, for the same times and groups.

    Of durations the samples; of figures about exceptions the exceptions, which have other members.
    """
    service = service_of(request)
    figure = _figure(service, name)
    parameters = _parameters(request)
    window = _window(parameters, service)
    asked = read_asked(parameters, service.zone)
    page = service.read(lambda connection: list_figure_rows(connection, figure, asked, service.now, window))
    return Json({"items": page.rows, "next": page.next})


def _figure(service: Service, name: str) -> Figure:
    figures = service.workshop().catalogue.figures
    if name not in figures:
        raise ProblemError(404, f"there is no figure {name[:100]!r}", allowed=sorted(figures))
    return figures[name]


def _parameters(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(value)
    return found


def _window(parameters: dict[str, list[str]], service: Service) -> Period:
    """The window that is asked for, taken out of the parameters."""
    if "known_at" in parameters:
        raise NotSupportedError(_NOT_YET, "known_at")
    ends = [_single(name, parameters.pop(name, [])) for name in ("from", "to")]
    return read_window(ends[0], ends[1], service.zone)


def _single(name: str, values: Sequence[str]) -> Any:
    if len(values) > 1:
        raise QuestionError(f"{name} is given more than once", name)
    return next(iter(values), None)
