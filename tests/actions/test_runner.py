"""Laws 6 and 11, tried to break: an action happens at most once, is proven, and nobody acts unseen."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.actions import ActionOpenError, ActionRefusedError
from tests.actions.conftest import Desk
from tests.requirements import ROOT


def test_a_replay_is_sent_once_and_confirmed_by_its_effect(desk: Desk) -> None:
    exception = desk.fail()
    action = desk.replay(exception)
    assert (desk.action(action)["status"], desk.status(exception)) == ("requested", "acting")
    desk.work()
    assert desk.action(action)["status"] == "sent"
    assert [run["document"] for run in desk.middleware.runs] == ["doc-op-1-1"]
    assert [run["key"] for run in desk.middleware.runs] == ["op-1#0"]
    desk.succeed(11)
    desk.work()
    # What the middleware says is no proof.
    assert (desk.action(action)["status"], desk.status(exception)) == ("sent", "acting")
    desk.hours = 12
    desk.effect(11.1)
    desk.work()
    row = desk.action(action)
    assert (row["status"], desk.status(exception)) == ("confirmed", "settled")
    assert row["effect"]["step"] == "project.activated"
    assert row["attempts"][0]["outcome"] == "accepted"
    assert row["attempts"][0]["reference"] == "run-1"
    assert desk.told(action) == [
        ("ana", "requested"),
        ("throughline", "claimed"),
        ("throughline", "sending"),
        ("throughline", "sent"),
        ("throughline", "confirmed"),
    ]
    assert len(desk.middleware.runs) == 1


def test_the_operation_shows_that_it_was_sent_again(desk: Desk) -> None:
    exception = desk.fail()
    desk.replay(exception)
    desk.work()
    assert desk.transaction("op-1")["state"] == "replayed"
    desk.hours = 12
    desk.effect(11)
    desk.succeed(10.9)
    assert desk.transaction("op-1")["state"] == "succeeded"
    assert [one["outcome"] for one in desk.transaction("op-1")["attempts"]] == ["failed", "replayed", "succeeded"]


def test_a_sending_that_was_refused_or_may_be_lost_says_nothing_of_the_operation(desk: Desk) -> None:
    desk.replay(desk.fail(document="purged"))
    desk.work()
    assert desk.transaction("op-1")["state"] == "failed"


def test_a_failure_by_a_clock_that_is_behind_ours_is_the_replays_own(desk: Desk) -> None:
    action = desk.replay(desk.fail())
    desk.work()
    # Half a minute before we say that we sent it.
    desk.fail(desk.hours - 30 / 3_600)
    desk.work()
    assert desk.action(action)["status"] == "failed"


def test_a_double_click_is_one_action(desk: Desk) -> None:
    exception = desk.fail()
    action = desk.replay(exception)
    with pytest.raises(ActionOpenError) as caught:
        desk.replay(exception)
    assert caught.value.action_id == action
    assert ("ana", "refused") in desk.told(exception)
    desk.work()
    assert len(desk.middleware.runs) == 1


def test_clicks_at_the_same_moment_are_one_action(desk: Desk) -> None:
    exception = desk.fail()

    def click(_: int) -> str:
        try:
            return desk.replay(exception)
        except ActionOpenError as error:
            return error.action_id

    with ThreadPoolExecutor(4) as many:
        ids = set(many.map(click, range(8)))
    assert len(ids) == 1
    desk.work()
    assert len(desk.middleware.runs) == 1


def test_two_workers_send_it_once(desk: Desk) -> None:
    for number in range(6):
        desk.replay(desk.fail(operation=f"op-{number}", flow="nobodys-flow"))
    workers = [threading.Thread(target=desk.work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    desk.work()
    assert sorted(run["key"] for run in desk.middleware.runs) == [f"op-{number}#0" for number in range(6)]


def test_an_effect_made_by_hand_before_sending_is_not_made_again(desk: Desk) -> None:
    exception = desk.fail()
    action = desk.replay(exception)
    desk.effect(2)
    desk.work()
    assert (desk.action(action)["status"], desk.status(exception)) == ("skipped", "settled")
    assert desk.middleware.runs == []


def test_a_run_that_the_middleware_knows_of_is_not_repeated(desk: Desk) -> None:
    action = desk.replay(desk.fail())
    desk.middleware.standing = "a scheduled retry of the document succeeded"
    desk.work()
    assert desk.action(action)["status"] == "skipped"
    assert desk.middleware.runs == []


def test_a_later_success_that_is_known_before_sending_makes_it_needless(desk: Desk) -> None:
    action = desk.replay(desk.fail())
    desk.succeed(2)
    desk.work()
    assert desk.action(action)["status"] == "skipped"
    assert desk.middleware.runs == []


def test_a_product_that_cannot_do_it_refuses_it(desk: Desk) -> None:
    exception = desk.fail(document="purged")
    action = desk.replay(exception)
    desk.work()
    assert (desk.action(action)["status"], desk.status(exception)) == ("refused", "open")


def test_a_lie_is_never_confirmed(desk: Desk) -> None:
    desk.middleware.behaviour = "lies"
    exception = desk.fail()
    action = desk.replay(exception)
    desk.work()
    assert desk.action(action)["status"] == "sent"
    desk.pass_time(action)
    desk.work()
    assert (desk.action(action)["status"], desk.status(exception)) == ("unconfirmed", "open")
    # Made by hand afterwards: the exception is settled by that, and the lie stays what it was.
    desk.hours = 12
    desk.effect(11)
    desk.work()
    assert (desk.action(action)["status"], desk.status(exception)) == ("unconfirmed", "settled")


def test_a_success_whose_write_was_dropped_reopens_the_exception(desk: Desk) -> None:
    exception = desk.fail()
    action = desk.replay(exception)
    desk.work()
    desk.hours = 12
    desk.succeed(11)
    desk.pass_time(action)
    desk.work()
    assert (desk.action(action)["status"], desk.status(exception)) == ("unconfirmed", "open")
    # It stays open through whatever else is heard of the journey, and a late effect closes it.
    desk.tell(
        "milestone.completed",
        11.5,
        source="psa",
        keys={"contract": ("SOW-1",), "milestone": ("M1",)},
        attributes={"milestone": "M1"},
    )
    assert desk.status(exception) == "open"
    desk.effect(11.2)
    desk.work()
    assert (desk.action(action)["status"], desk.status(exception)) == ("confirmed", "settled")


def test_a_lie_is_not_confirmed_by_what_the_next_replay_brings(desk: Desk) -> None:
    desk.middleware.behaviour = "lies"
    exception = desk.fail()
    lie = desk.replay(exception)
    desk.work()
    desk.pass_time(lie)
    desk.work()
    desk.middleware.behaviour = ""
    honest = desk.replay(exception)
    desk.work()
    desk.hours = 12
    desk.succeed(11)
    desk.effect(11.1)
    desk.work()
    assert (desk.action(honest)["status"], desk.action(lie)["status"]) == ("confirmed", "unconfirmed")


def test_a_withdrawn_effect_reopens_the_exception_and_gives_a_new_key(desk: Desk) -> None:
    exception = desk.fail()
    first = desk.replay(exception)
    desk.work()
    desk.hours = 20
    desk.succeed(11)
    desk.effect(11.1)
    desk.work()
    assert desk.status(exception) == "settled"
    desk.withdraw(13)
    desk.work()
    assert desk.action(first)["status"] == "confirmed"
    assert desk.action(first)["effect"]["withdrawn_at"] == "2026-03-02T13:00:00+00:00"
    assert desk.status(exception) == "open"
    second = desk.replay(exception)
    desk.work()
    assert [run["key"] for run in desk.middleware.runs] == ["op-1#0", "op-1#1"]
    desk.hours = 30
    desk.succeed(21)
    desk.effect(21.1, record="p2")
    desk.work()
    assert (desk.action(second)["status"], desk.status(exception)) == ("confirmed", "settled")


def test_a_replay_that_fails_again_says_so(desk: Desk) -> None:
    exception = desk.fail()
    action = desk.replay(exception)
    desk.work()
    desk.hours = 12
    desk.fail(11)
    desk.work()
    assert (desk.action(action)["status"], desk.status(exception)) == ("failed", "open")
    assert "no such customer" in desk.action(action)["result"]["told"]
    desk.replay(exception)
    desk.work()
    assert [run["document"] for run in desk.middleware.runs] == ["doc-op-1-1", "doc-op-1-11"]


def test_a_product_that_is_away_is_asked_again_and_the_wish_expires_at_last(desk: Desk) -> None:
    action = desk.replay(desk.fail())
    desk.middleware.behaviour = "down"
    runner = desk.runner()
    assert runner.work()
    assert desk.action(action)["status"] == "claimed"
    assert desk.middleware.runs == []
    desk.pass_time(action)
    assert runner.work()
    assert desk.action(action)["status"] == "expired"


def test_a_refusal_of_the_product_ends_it(desk: Desk) -> None:
    action = desk.replay(desk.fail())
    desk.middleware.behaviour = "refuses"
    desk.work()
    assert desk.action(action)["status"] == "refused"


def test_an_answer_that_never_came_is_not_sent_again(desk: Desk) -> None:
    action = desk.replay(desk.fail())
    desk.middleware.behaviour = "hangs"
    desk.work()
    row = desk.action(action)
    assert (row["status"], row["attempts"][0]["outcome"]) == ("sent", "unknown")
    desk.hours = 12
    desk.succeed(11)
    desk.effect(11.1)
    desk.work()
    assert desk.action(action)["status"] == "confirmed"
    assert len(desk.middleware.runs) == 1


@pytest.mark.parametrize("moment", ["before_intention", "before_send", "after_send"])
def test_a_worker_killed_at_any_moment_leaves_it_to_the_next(desk: Desk, database: str, moment: str) -> None:
    action = desk.replay(desk.fail())
    command = [sys.executable, "-m", "tests.actions.dying", database, desk.middleware.url, moment]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == -signal.SIGKILL
    assert desk.action(action)["status"] == "claimed"
    assert not desk.runner().work(), "a lease that runs is respected"
    desk.lose_worker(action)
    desk.work()
    assert desk.action(action)["status"] == "sent"
    assert len(desk.middleware.runs) == 1
    attempts = [one["outcome"] for one in desk.action(action)["attempts"]]
    assert (
        attempts
        == {"before_intention": ["accepted"], "before_send": ["unknown", "accepted"], "after_send": ["accepted"]}[
            moment
        ]
    )


def test_a_worker_that_lost_its_lease_sends_nothing(desk: Desk) -> None:
    action = desk.replay(desk.fail())
    sleeper = desk.runner(lease=0.0, margin=0.0)
    assert sleeper.work()
    assert desk.middleware.runs == []
    desk.work()
    assert desk.action(action)["status"] == "sent"
    assert len(desk.middleware.runs) == 1


def test_what_waits_can_be_taken_back_and_what_was_sent_cannot(desk: Desk) -> None:
    exception = desk.fail()
    action = desk.replay(exception)
    row = desk.planner.cancel(action, actor="ben")
    assert row is not None
    assert (row["status"], desk.status(exception)) == ("cancelled", "open")
    desk.work()
    assert desk.middleware.runs == []
    other = desk.replay(exception)
    desk.work()
    with pytest.raises(ActionRefusedError):
        desk.planner.cancel(other, actor="ben")
    assert desk.told(action)[-1] == ("ben", "cancelled")
    assert desk.told(other)[-1] == ("ben", "refused")
