"""State is a function of the processes and systems too: when they change, what was folded by the old ones follows."""

from datetime import datetime

from models.store.engine import Pool, in_transaction
from models.store.processes import load_processes, set_systems
from models.store.rules import bring_up_to_date
from models.store.state import state_hash
from tests.making import DAY, an_event, at, take

PROCESS = """
name = "small"
version = 1
[keys]
journey = ["contract"]
owned = ["project"]
[[steps]]
name = "contract.signed"
[[steps]]
name = "project.created"
"""
FIGURE = """
[[figures]]
name = "set_up"
from = { step = "contract.signed" }
to = { step = "project.created" }
"""
EVENTS = (
    an_event("contract.signed", 1, keys={"contract": "A"}, attributes={"value": "10"}, source="clm"),
    an_event("contract.signed", 2, keys={"contract": "A"}, attributes={"value": "20"}, source="erp"),
    an_event("project.created", 3, keys={"contract": "A", "work": "W"}),
    an_event("project.created", 4, keys={"work": "W"}),
)


def follow(pool: Pool, text: str, roles: dict[str, str] | None = None) -> int:
    systems = {name: ("push", role) for name, role in (roles or {}).items()}
    in_transaction(pool, lambda connection: load_processes(connection, [("small.toml", text)], DAY))
    in_transaction(pool, lambda connection: set_systems(connection, systems))
    return bring_up_to_date(pool, DAY)


def hash_at(pool: Pool, as_of: datetime) -> str:
    with pool.connection() as connection:
        return state_hash(connection, as_of)


def one(pool: Pool, statement: str):  # type: ignore[no-untyped-def]
    with pool.connection() as connection:
        return connection.execute(statement).fetchone()


def test_nothing_is_folded_again_while_the_rules_stay(pool: Pool) -> None:
    follow(pool, PROCESS)
    take(pool, *EVENTS)
    assert follow(pool, PROCESS) == 0


def test_a_store_that_was_placed_by_an_earlier_program_is_placed_again_once(pool: Pool) -> None:
    follow(pool, PROCESS)
    versions = [
        an_event("project.created", number, source="psa", record="p", sequence=str(number), keys={"contract": contract})
        for number, contract in ((1, "A"), (2, "B"))
    ]
    take(pool, *EVENTS, *versions)
    expected = hash_at(pool, at(9))
    with pool.connection() as connection:
        # As it was before records could move: nothing is known of them, and the rules have no number.
        connection.execute("TRUNCATE record_first, record_version")
        connection.execute(
            "UPDATE store_fact SET value = (value::jsonb - 'version')::text WHERE name = 'joining rules'"
        )
    assert follow(pool, PROCESS) == len(EVENTS) + len(versions)
    assert one(pool, "SELECT count(*) FROM record_version") == (2,)
    assert hash_at(pool, at(9)) == expected
    assert follow(pool, PROCESS) == 0


def test_a_figure_added_later_has_the_samples_of_what_is_there(pool: Pool) -> None:
    follow(pool, PROCESS)
    take(pool, *EVENTS)
    assert follow(pool, PROCESS + FIGURE) == 1
    assert one(pool, "SELECT figure, seconds FROM sample") == ("set_up", 2 * 3600)


def test_a_role_given_later_decides_whose_word_counts(pool: Pool) -> None:
    follow(pool, PROCESS)
    take(pool, *EVENTS)
    assert one(pool, "SELECT value_amount FROM journey") == (20,)
    follow(pool, PROCESS, {"clm": "clm", "erp": "erp"})
    assert one(pool, "SELECT value_amount FROM journey") == (10,)


def test_a_kind_declared_later_joins_what_named_it_before(pool: Pool) -> None:
    follow(pool, PROCESS)
    take(pool, *EVENTS)
    assert one(pool, "SELECT kind, count FROM undeclared_kind") == ("work", 2)
    assert one(pool, "SELECT count(*) FROM exception WHERE kind = 'unlinked'") == (1,)
    wider = PROCESS.replace('["project"]', '["project", "work"]')
    assert follow(pool, wider) == 4
    assert one(pool, "SELECT count(*) FROM exception") == (0,)
    assert one(pool, "SELECT last_at FROM journey") == (at(4),)


def test_rules_before_and_after_the_events_make_the_same_state(pool: Pool) -> None:
    follow(pool, PROCESS)
    take(pool, *EVENTS)
    wider = PROCESS.replace('["project"]', '["project", "work"]') + FIGURE
    follow(pool, wider, {"clm": "clm"})
    late = hash_at(pool, at(99))
    with pool.connection() as connection:
        connection.execute(
            "TRUNCATE event, event_identity, journey, journey_key, key_link, journey_event, sample, exception"
        )
    take(pool, *reversed(EVENTS))
    assert hash_at(pool, at(99)) == late
