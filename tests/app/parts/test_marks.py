import pytest

from app.parts import marks
from models.derived import Evidence, JourneyState
from models.exceptions import ExceptionKind, ExceptionStatus, Severity


def test_what_other_systems_send_is_never_formatting() -> None:
    sent = "**b** [l](javascript:x) :red[r] <b>h</b> `c` $x$ | ~~s~~ ![i](ftp://x)"
    told = marks.plain(sent)
    assert told.replace("\\", "") == sent
    assert all(told[at - 1] == "\\" for at, sign in enumerate(told) if sign in "*[]()<>`$|~!:")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("sign in at https://evil.test/in", "https:\u2060//evil.test/in"),
        ("HTTP://evil.test", "HTTP:\u2060//evil.test"),
        ("SOW www.evil.test", "www\u2060.evil.test"),
        ("ask ana+x@evil.test", "ana+x@\u2060evil.test"),
    ],
)
def test_what_looks_like_an_address_is_no_link(sent: str, told: str) -> None:
    assert marks.plain(sent).replace("\\", "").endswith(told)


def test_other_colons_points_and_signs_stay_alone() -> None:
    assert "\u2060" not in marks.plain("kind:value a.b.c ww.x @home 3 @ 4 //x http/1.1 wwww")


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
