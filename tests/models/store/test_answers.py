from datetime import timedelta
from uuid import UUID

import pytest

from models.store.answers import KEPT, Answer, AnswerPendingError, OtherRequestError, claim, keep, release
from tests.making import DAY

ONE, OTHER = UUID(int=1), UUID(int=2)
ANSWER = Answer(200, {"X": "y"}, b'{"a": 1}')


def test_the_first_request_is_ours_and_a_repetition_gets_its_answer(connection) -> None:
    assert claim(connection, "ana", "k", ONE, DAY) is None
    keep(connection, "ana", "k", ANSWER)
    assert claim(connection, "ana", "k", ONE, DAY + timedelta(days=6)) == ANSWER


def test_a_key_belongs_to_who_used_it(connection) -> None:
    assert claim(connection, "ana", "k", ONE, DAY) is None
    assert claim(connection, "ben", "k", OTHER, DAY) is None


def test_a_request_that_is_being_worked_on_is_told_so(connection) -> None:
    claim(connection, "ana", "k", ONE, DAY)
    with pytest.raises(AnswerPendingError) as caught:
        claim(connection, "ana", "k", ONE, DAY + timedelta(minutes=14))
    assert caught.value.wait_seconds


def test_a_request_whose_worker_was_lost_is_worked_on_again(connection) -> None:
    claim(connection, "ana", "k", ONE, DAY)
    later = DAY + timedelta(minutes=16)
    assert claim(connection, "ana", "k", ONE, later) is None
    with pytest.raises(AnswerPendingError):
        claim(connection, "ana", "k", ONE, later)


@pytest.mark.parametrize("answered", [True, False])
def test_another_request_under_the_same_key_is_refused(connection, answered) -> None:
    claim(connection, "ana", "k", ONE, DAY)
    if answered:
        keep(connection, "ana", "k", ANSWER)
    with pytest.raises(OtherRequestError):
        claim(connection, "ana", "k", OTHER, DAY + timedelta(days=1))


def test_a_request_that_was_given_up_may_come_again(connection) -> None:
    claim(connection, "ana", "k", ONE, DAY)
    release(connection, "ana", "k")
    assert claim(connection, "ana", "k", OTHER, DAY) is None


def test_giving_up_takes_no_answer_back(connection) -> None:
    claim(connection, "ana", "k", ONE, DAY)
    keep(connection, "ana", "k", ANSWER)
    release(connection, "ana", "k")
    assert claim(connection, "ana", "k", ONE, DAY) == ANSWER


def test_answers_are_forgotten_after_a_week(connection) -> None:
    claim(connection, "ana", "k", ONE, DAY)
    keep(connection, "ana", "k", ANSWER)
    assert claim(connection, "ana", "k", OTHER, DAY + KEPT + timedelta(seconds=1)) is None
