import pytest

from models import wording
from models.derived import Evidence, JourneyState
from models.exceptions import ExceptionKind, ExceptionStatus


@pytest.mark.parametrize(
    ("sentences", "members"),
    [
        (wording.KINDS, ExceptionKind),
        (wording.STATES, JourneyState),
        (wording.GRADES, Evidence),
        (wording.STATUSES, ExceptionStatus),
    ],
)
def test_every_member_has_a_sentence(sentences, members) -> None:
    assert set(sentences) == set(members)
    assert all(sentences.values())


def test_every_kind_says_what_happened_and_what_to_do() -> None:
    for words in wording.KINDS.values():
        assert words.happened.endswith(".")
        assert words.next_step.endswith(".")


def test_what_is_finished_is_not_moving() -> None:
    assert set(JourneyState) - set(wording.MOVING) == {JourneyState.ENDED, JourneyState.DONE}


def test_what_is_settled_or_withdrawn_wants_no_settling() -> None:
    assert set(ExceptionStatus) - set(wording.UNSETTLED) == {ExceptionStatus.SETTLED, ExceptionStatus.WITHDRAWN}


@pytest.mark.parametrize(
    ("step", "words"),
    [("invoice.posted", "Invoice posted"), ("crm.status_synced", "Crm status synced"), ("", ""), ("...", "...")],
)
def test_a_step_without_a_title_is_told_in_words(step, words) -> None:
    assert wording.step_words(step) == words
