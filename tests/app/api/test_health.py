import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from models.store.beat import beat
from models.store.engine import in_transaction
from tests.app.api.test_events import event, post
from tests.app.api.test_problems import assert_problem


def beat_of_age(api, seconds: float) -> None:
    def write(connection) -> None:
        beat(connection)
        connection.execute("UPDATE store_fact SET updated_at = updated_at - %s * interval '1 second'", [seconds])

    in_transaction(api.pool, write)


def test_a_process_is_healthy_as_long_as_it_answers(shared_api) -> None:
    assert shared_api.client.get("/healthz").json()["status"] == "ok"


def test_ready_needs_a_worker_that_was_heard_within_30_seconds(api) -> None:
    document = assert_problem(api.client.get("/readyz"), 503)
    assert [reason.partition(":")[0] for reason in document["reasons"]] == ["worker"]
    beat_of_age(api, 0)
    answer = api.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert set(answer.json()["checks"]) == {"database", "migrations", "worker"}
    beat_of_age(api, 31)
    assert_problem(api.client.get("/readyz"), 503)


def test_a_process_that_only_serves_is_ready_without_a_worker(api) -> None:
    api.service.needs_worker = False
    assert set(api.client.get("/readyz").json()["checks"]) == {"database", "migrations"}


def test_a_database_that_is_not_current_is_not_ready(api) -> None:
    beat_of_age(api, 0)
    in_transaction(api.pool, lambda connection: connection.execute(
        "INSERT INTO schema_migration (number, name, checksum) VALUES (9999, 'later', 'x')"))  # fmt: skip
    document = assert_problem(api.client.get("/readyz"), 503)
    assert [reason.partition(":")[0] for reason in document["reasons"]] == ["migrations"]


@pytest.mark.parametrize("path", ["/api/v1/journeys", "/api/v1/kpis", "/readyz"])
def test_without_a_database_everything_that_needs_it_is_503_and_says_when_to_come_again(api, path, monkeypatch) -> None:
    monkeypatch.setattr(api.service, "url", api.service.url.replace("host=", "host=/nowhere"))
    api.pool.close()
    answer = api.client.get(path)
    assert_problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert api.client.get("/healthz").status_code == 200
    assert "throughline_store_up 0.0" in api.client.get("/metrics").text


def test_metrics_are_openmetrics(api) -> None:
    before = families(api)
    post(api, [event(1), event(1), {}])
    api.client.get("/api/v1/journeys/none")
    after = families(api)
    for outcome in ("accepted", "duplicate", "quarantined"):
        labels = (("outcome", outcome),)
        assert after["throughline_events_total", labels] - before.get(("throughline_events_total", labels), 0) == 1
    assert after["throughline_quarantine_waiting", (("stream", "events"),)] == 1
    assert after["throughline_store_up", ()] == 1
    route = (("method", "GET"), ("route", "/api/v1/journeys/{key:key}"), ("status", "404"))
    assert after["throughline_request_seconds_count", route] >= 1


def families(api) -> dict[tuple, float]:
    answer = api.client.get("/metrics")
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
