"""The call around every page: it brings the answers, and says in plain words when they cannot be had."""

import logging
from collections.abc import Callable

from app import queries
from app.ask import Ask
from app.parts import notices
from models.errors import Misconfigured, Refused, RetryLater
from models.questions import QuestionError

LOCAL = "local"
"""Who looks while there is no sign-in."""

Render = Callable[[Ask, str], None]

_log = logging.getLogger(__name__)


def draw(render: Render) -> None:
    """Draw a page, or why it cannot be drawn."""
    guarded(lambda: render(queries.current(), LOCAL))


def guarded(render: Callable[[], None]) -> None:
    """Draw a part that is looked at again by itself, or why it cannot be drawn."""
    try:
        render()
    except QuestionError as error:
        if error.parameter == "key" and error.allowed:
            notices.choose(str(error), error.allowed)
        else:
            notices.question(str(error))
    except (RetryLater, Misconfigured, Refused) as error:
        _log.error("page not drawn", extra={"action": "page.draw", "outcome": str(error)})
        notices.failing(str(error))
