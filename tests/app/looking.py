"""Looking at a page without a browser: the real entry file over an ask of the test's own."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app import queries
from app.ask import Ask

MAIN = Path(__file__).parents[2] / "app" / "main.py"


def look(ask: Ask, screen: str = "", **parameters: str | list[str]) -> AppTest:
    """The page after its first run, as if its address had been opened; '' is the overview."""
    queries.answer_from(ask)
    page = AppTest.from_file(str(MAIN), default_timeout=30)
    for name, value in parameters.items():
        page.query_params[name] = value
    page.run()
    if screen:
        page.switch_page(f"screens/{screen}.py").run()
    assert not page.exception, page.exception[0].stack_trace
    return page


def words(page: AppTest) -> str:
    """Everything that can be read on a page, a line each, without the escapes of Markdown."""
    kinds = ("title", "subheader", "markdown", "caption", "text", "warning", "info", "error", "success", "metric")
    told = [str(part.value) for kind in kinds for part in page.get(kind)]
    told += [str(metric.label) for metric in page.metric]
    told += [alert.proto.title for kind in ("warning", "info", "error") for alert in page.get(kind)]
    told += [link.proto.label for link in page.get("page_link")]
    return "\n".join(told).replace("\\", "")


def links(page: AppTest) -> list[tuple[str, str, str]]:
    """The links of a page: label, page, query string."""
    return [
        (
            link.proto.label.removeprefix(":blue[").removesuffix("]").replace("\\", ""),
            link.proto.page,
            link.proto.query_string,
        )
        for link in page.get("page_link")
    ]


def charts(page: AppTest) -> list[dict]:
    """The Plotly figures of a page."""
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
