import pytest

from app.parts import marks
from models.derived import Evidence, JourneyState
from models.exceptions import ExceptionKind, ExceptionStatus, Severity


def test_what_other_systems_send_is_never_formatting() -> None:
    sent = "**b** [l](javascript:x) :red[r] <b>h</b> `c` $x$ | ~~s~~ ![i](http://x)"
    told = marks.plain(sent)
    assert told.replace("\\", "") == sent
    assert all(told[at - 1] == "\\" for at, sign in enumerate(told) if sign in "*[]()<>`$|~!:")


def test_text_stays_on_one_line() -> None:
    assert marks.plain("a\n\n# b\r\n- c") == "a \\# b \\- c"


@pytest.mark.parametrize(
    ("label", "members"),
    [
        (marks.state, JourneyState),
        (marks.severity, Severity),
        (marks.status, ExceptionStatus),
        (marks.grade, Evidence),
    ],
)
def test_every_member_has_a_label_that_says_it_in_words(label, members) -> None:
    for member in members:
        assert f"-badge[{marks.plain(marks.words(member))}]" in label(member)


def test_every_kind_has_a_title_and_an_unknown_one_is_told_as_it_is() -> None:
    assert all(marks.kind(kind) for kind in ExceptionKind)
    assert marks.kind("some_new_kind") == "Some new kind"


def test_a_name_of_ours_is_told_in_words() -> None:
    assert marks.words("due_soon") == "due soon"
