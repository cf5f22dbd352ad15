import json

import pytest

from models.store.engine import in_transaction
from models.store.processes import load_processes
from models.store.quarantine import quarantine
from models.store.state import state_hash
from tests.app.api.test_events import SIGNED, event, post
from tests.app.api.test_problems import assert_problem
from tests.making import CONTRACT_TO_CASH, DAY, at


def waiting(api) -> list[dict]:
    return api.client.get("/api/v1/quarantine").json()["items"]


def teach(api, step: str) -> None:
    """A new version of the process that knows one more step."""
    text = CONTRACT_TO_CASH.read_text() + f'\n[[steps]]\nname = "{step}"\n'
    in_transaction(api.pool, lambda connection: load_processes(connection, [("c.toml", text)], DAY))


def hash_of(api) -> str:
    with api.pool.connection() as connection:
        return state_hash(connection, at(1000))


def test_what_is_mended_is_imported_again_and_gives_the_state_it_would_have_given(api) -> None:
    bad = event(1, type="contract.celebrated")
    post(api, [SIGNED | {"id": "0"}, bad])
    (row,) = waiting(api)
    assert row["reason"].startswith("unknown_type")
    before = hash_of(api)
    assert_problem(api.client.post(f"/api/v1/quarantine/{row['id']}/reimport"), 422)
    assert hash_of(api) == before
    assert len(waiting(api)) == 1

    teach(api, "contract.celebrated")
    answer = api.client.post(f"/api/v1/quarantine/{row['id']}/reimport")
    assert answer.status_code == 200
    assert answer.json() | {"reimported_at": None} == row
    assert answer.json()["reimported_at"]
    assert waiting(api) == []
    steps = {step["step"] for step in api.client.get("/api/v1/journeys/SOW-1").json()["steps"]}
    assert "contract.celebrated" in steps
    after = hash_of(api)
    assert after != before
    assert api.client.post(f"/api/v1/quarantine/{row['id']}/reimport").status_code == 200
    assert hash_of(api) == after
    assert post(api, [bad]).json() == {"accepted": 0, "duplicates": 1, "quarantined": []}


def test_every_import_again_is_audited(api) -> None:
    post(api, [event(1, type="contract.celebrated")])
    (row,) = waiting(api)
    api.client.post(f"/api/v1/quarantine/{row['id']}/reimport")
    teach(api, "contract.celebrated")
    api.client.post(f"/api/v1/quarantine/{row['id']}/reimport")
    entries = api.client.get("/api/v1/audit?sort=seq").json()["items"]
    assert [(one["verb"], one["object"], one["outcome"]) for one in entries] == [
        ("reimport", f"quarantine/{row['id']}", "failed"),
        ("reimport", f"quarantine/{row['id']}", "done"),
    ]


def test_what_is_bad_again_after_it_was_imported_waits_again(api) -> None:
    bad = event(1, type="contract.celebrated")
    post(api, [bad])
    teach(api, "contract.celebrated")
    (row,) = waiting(api)
    api.client.post(f"/api/v1/quarantine/{row['id']}/reimport")
    raw = json.dumps(bad).encode()
    in_transaction(api.pool, lambda connection: quarantine(connection, "clm", "events", raw, "again", at(5)))
    (again,) = waiting(api)
    assert (again["id"], again["count"], again["reason"]) == (row["id"], 2, "again")


@pytest.mark.parametrize("number", ["0", "999", "x", "-1", "9" * 30, "1/2"])
def test_an_entry_that_is_not_there_is_404(api, number) -> None:
    assert_problem(api.client.post(f"/api/v1/quarantine/{number}/reimport"), 404)


def test_the_quarantine_is_listed_and_filtered(api) -> None:
    post(api, [event(1, type="contract.celebrated"), event(2, time="never"), {"source": "erp"}])
    reasons = {row["source"]: row["reason"] for row in waiting(api)}
    assert set(reasons) == {"clm", "erp"}
    assert len(api.client.get("/api/v1/quarantine?source=clm").json()["items"]) == 2
    assert api.client.get("/api/v1/quarantine?count_from=2").json()["items"] == []
    assert api.client.get("/api/v1/quarantine?stream=other").json()["items"] == []


def test_a_row_of_a_log_is_imported_again_by_its_mapping(api) -> None:
    def put(number: int, **fields: str) -> str:
        row = {"system": "clm", "type": "contract.signed", "id": str(number), "contract": f"SOW-{number}", **fields}
        raw = json.dumps(row, sort_keys=True).encode()
        form = "log:contract_to_cash/demo"
        return str(in_transaction(api.pool, lambda connection: quarantine(
            connection, "clm", "demo", raw, "bad", at(1), form)))  # fmt: skip

    good, bad = put(1, time="2026-03-02T10:15:00Z"), put(2, time="never")
    assert api.client.post(f"/api/v1/quarantine/{good}/reimport").status_code == 200
    document = assert_problem(api.client.post(f"/api/v1/quarantine/{bad}/reimport"), 422)
    assert "never" in document["reason"]
    assert [row["key"] for row in api.client.get("/api/v1/journeys").json()["items"]] == ["SOW-1"]
    assert [row["id"] for row in waiting(api)] == [bad]
