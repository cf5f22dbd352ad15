"""Throttling, tokens, outages and lies on a wall clock that the test moves."""

from estate.web import Misbehaviour, Throttle, Tokens


class Wall:
    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


def test_a_bucket_admits_its_limit_and_says_how_long_to_wait() -> None:
    wall = Wall()
    throttle = Throttle(wall)
    assert [throttle.take("b", 2, 10) for _ in range(2)] == [0.0, 0.0]
    wall.seconds += 4
    assert throttle.take("b", 2, 10) == 6
    assert throttle.take("other", 2, 10) == 0.0
    wall.seconds += 6
    assert throttle.take("b", 2, 10) == 0.0


def test_a_token_ends_and_is_that_of_its_system_alone() -> None:
    wall = Wall()
    tokens = Tokens(wall)
    token = tokens.issue("netsuite", 60)
    assert tokens.check("netsuite", token) == "valid"
    assert tokens.check("ironclad", token) == tokens.check("netsuite", "made-up") == "unknown"
    wall.seconds += 60
    assert tokens.check("netsuite", token) == "expired"


def test_an_outage_is_of_a_stream_or_of_all() -> None:
    wall = Wall()
    behaviour = Misbehaviour(wall)
    behaviour.break_down("boomi", "", 5)
    assert behaviour.is_down("boomi", "executions")
    assert not behaviour.is_down("netsuite", "executions")
    wall.seconds += 5
    assert not behaviour.is_down("boomi", "executions")


def test_lies_are_told_in_their_order() -> None:
    behaviour = Misbehaviour(Wall())
    behaviour.promise_lie("boomi", "expired")
    behaviour.promise_lie("boomi", "write_dropped")
    assert [behaviour.lie("boomi") for _ in range(3)] == ["expired", "write_dropped", None]
