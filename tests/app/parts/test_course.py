from zoneinfo import ZoneInfo

import pytest

from app.parts import course
from models.exceptions import ExceptionKind
from tests.app.memory import ago
from tests.app.rows import an_exception

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("kind", ExceptionKind)
def test_what_is_settled_is_not_told_as_if_it_still_were(kind) -> None:
    told = course.happened(an_exception(kind=kind, status="settled"))
    assert told
    for present in (" is not ", " lacks ", " holds ", " leads to ", " stand for ", " have "):
        assert present not in told


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("discarded", "the middleware discarded the operation"),
        ("by hand", "the record stands in the target without a replay, so it was made by hand"),
        ("*Ana*: accepted", r"\*Ana\*\: accepted"),
        (None, "nobody said by what"),
    ],
)
def test_by_what_it_was_settled_is_a_sentence(by, told) -> None:
    row = an_exception(status="settled", settled_at=ago(hours=1), settled_by=by)
    assert told.replace("\\", "") in course.ending(row, BERLIN).replace("\\", "")
    assert "*Ana*" not in course.ending(row, BERLIN)


def test_what_is_open_has_no_ending_and_what_has_ended_no_advice() -> None:
    assert course.ending(an_exception(), BERLIN) == ""
    assert course.next_step(an_exception(kind="late")).startswith("Ask the owner of the step")
    assert {course.next_step(an_exception(status=status)) for status in ("settled", "withdrawn")} == {""}
