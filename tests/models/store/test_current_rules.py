from models.store.current_rules import CurrentRules
from models.store.engine import Pool, in_transaction
from models.store.processes import load_processes, set_systems
from tests.making import CONTRACT_TO_CASH, DAY, load


def test_the_rules_are_kept_until_a_process_or_a_system_changes(pool: Pool) -> None:
    load(pool)
    rules = CurrentRules()
    first = in_transaction(pool, rules.workshop)
    assert in_transaction(pool, rules.workshop) is first

    text = CONTRACT_TO_CASH.read_text() + '\n[[steps]]\nname = "contract.celebrated"\n'
    in_transaction(pool, lambda connection: load_processes(connection, [("c", text)], DAY))
    second = in_transaction(pool, rules.workshop)
    assert not first.catalogue.knows("contract.celebrated")
    assert second.catalogue.knows("contract.celebrated")

    in_transaction(pool, lambda connection: set_systems(connection, {"clm": ("ironclad", "clm")}))
    assert in_transaction(pool, rules.workshop).roles == {"clm": "clm"}
