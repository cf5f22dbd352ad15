import httpx
import pytest


def assert_problem(answer: httpx.Response, status: int) -> dict:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(document)
    assert document["status"] == status
    assert document["detail"]
    return document


@pytest.mark.parametrize(
    "path",
    [
        *("/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/journeys", "/api/v1/nothing", "/api/v1/journeys/"),
        *(
            "/api/v1/kpis/nothing/samples",
            "/api/v1/kpis/activation_latency",
            "/api/v1/exceptions/",
            "/api/v1/journeys/x",
        ),
        *("/api/v1/exceptions/x", "/api/v1/transactions/x", "/api/v1/transactions/a/b", "/api/v1/actions/x"),
        *("/v1", "/v1/nothing", "/v1/traces/x", "/webhooks", "/webhooks/x", "/webhooks/x/y"),
        *("/healthz/x", "/readyz/", "/metrics/x", "/api/v1/openapi.json/x", "/api/v1/quarantine/1", "/api/../api/v1/x"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_unknown_path_is_a_problem_document(shared_api, method, path) -> None:
    answer = shared_api.client.request(method, path)
    assert_problem(answer, answer.status_code)
    assert answer.status_code in (404, 405)
    assert answer.status_code == 404 or answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    ["/", "/journeys", "/journeys/", "/favicon.png", "/static/js/x.js", "/media/x.png", "/_stcore/upload_file/x"],
)
def test_other_paths_are_the_pages(shared_api, path) -> None:
    assert shared_api.client.get(path).text == "a page"
    assert shared_api.client.put("/_stcore/upload_file/x").text == "a page"


@pytest.mark.parametrize("path", ["/anything", "/nope.json", "/robots.txt", "/statics"])
def test_what_is_no_page_is_a_page_for_people_only(shared_api, path) -> None:
    assert_problem(shared_api.client.get(path), 404)
    assert shared_api.client.get(path, headers={"Accept": "text/html, */*"}).text == "a page"


@pytest.mark.parametrize("path", ["/journeys/x", "/nope/page", "/nope/page/", "/authors/x"])
def test_below_the_pages_a_program_gets_a_problem_and_a_person_the_way_to_the_start(shared_api, path) -> None:
    assert_problem(shared_api.client.get(path), 404)
    assert_problem(shared_api.client.get(path, headers={"Accept": "application/json"}), 404)
    person = {"Accept": "text/html, */*"}
    answer = shared_api.client.get(path, headers=person)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert f"<code>{path}</code>" in answer.text
    assert 'href="/"' in answer.text
    assert shared_api.client.head(path, headers=person).content == b""
    for method in ("POST", "OPTIONS"):
        assert_problem(shared_api.client.request(method, path, headers=person), 404)


def test_an_address_that_is_no_page_is_told_as_text_and_not_as_markup(shared_api) -> None:
    answer = shared_api.client.get("/a/%3Cscript%3Ealert(1)%3C%2Fscript%3E", headers={"Accept": "text/html"})
    assert "<code>/a/&lt;script&gt;alert(1)&lt;/script&gt;</code>" in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_writing_where_pages_are_is_a_problem(shared_api, method) -> None:
    assert_problem(shared_api.client.request(method, "/anything"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/journeys", "GET, HEAD, OPTIONS"),
        ("PUT", "/api/v1/events", "OPTIONS, POST"),
        ("GET", "/api/v1/events", "OPTIONS, POST"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("PATCH", "/api/v1/journeys/SOW-1", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_possible_names_those_that_are(shared_api, method, path, allowed) -> None:
    answer = shared_api.client.request(method, path)
    assert_problem(answer, 405)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/journeys", "GET, HEAD, OPTIONS"),
        ("/api/v1/events", "OPTIONS, POST"),
        ("/metrics", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_names_the_methods_of_a_path(shared_api, path, allowed) -> None:
    answer = shared_api.client.options(path)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b"")
    assert_problem(shared_api.client.options("/api/v1/nothing"), 404)


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/journeys", "/metrics", "/api/v1/openapi.json"])
def test_head_is_get_without_the_body(shared_api, path) -> None:
    answer = shared_api.client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
    assert shared_api.client.head("/api/v1/nothing").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *(
            "colour=red",
            "limit=0",
            "limit=501",
            "limit=x",
            "sort=colour",
            "cursor=x",
            "limit=1&limit=2",
            "state_from=x",
        ),
        *("first_at_from=yesterday", "value_from=NaN", "customer=%00", "last_at=2026-03-02T00:00:00", "%20=x", "=x"),
    ],
)
def test_what_a_list_cannot_be_asked_is_400_and_named(shared_api, query) -> None:
    document = assert_problem(shared_api.client.get(f"/api/v1/journeys?{query}"), 400)
    assert document["parameter"]


def test_an_unknown_filter_is_told_those_that_are_known(shared_api) -> None:
    document = assert_problem(shared_api.client.get("/api/v1/exceptions?knd=failed"), 400)
    assert {"kind", "opened_at_from", "limit"} <= set(document["allowed"])
    assert "did you mean 'kind'" in document["detail"]


@pytest.mark.parametrize("path", ["amendments", "exceptions", "actions", "systems", "audit", "quarantine", "kpis"])
def test_every_list_refuses_an_unknown_filter(shared_api, path) -> None:
    assert_problem(shared_api.client.get(f"/api/v1/{path}?colour=red"), 400)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("name=activation", 400),
        ("by=weak", 400),
        ("by=week,month", 400),
        ("by=region&by=entity", 400),
        ("name=activation_latency&by=kind", 400),
        ("from=x", 400),
        ("from=2026-03-02&to=2026-03-01", 400),
        ("from=2026-03-02&from=2026-03-01", 400),
        ("known_at=2026-03-02", 422),
    ],
)
def test_what_figures_cannot_be_asked_is_a_problem(shared_api, query, status) -> None:
    assert_problem(shared_api.client.get(f"/api/v1/kpis?{query}"), status)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "example.com:8501",
        "127.0.0.1.example.com",
        "localhost.example.com",
        "",
        "10.0.0.1",
        "a@b",
        "[::2]",
    ],
)
def test_a_foreign_host_is_refused_on_every_path(shared_api, host) -> None:
    for path in ("/healthz", "/api/v1/journeys", "/anything"):
        assert_problem(shared_api.client.get(path, headers={"Host": host}), 403)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "127.3.2.1", "[::1]:8501", "[::1]"])
def test_every_name_of_this_machine_is_answered(shared_api, host) -> None:
    assert shared_api.client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://example.com", "null", "http://localhost", "http://127.0.0.1:1", "file://", "x"]
)
def test_a_foreign_origin_is_refused(shared_api, origin) -> None:
    answer = shared_api.client.post("/api/v1/events", json=[], headers={"Origin": origin})
    assert_problem(answer, 403)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_the_origin_of_our_own_pages_is_answered(shared_api, name) -> None:
    origin = f"http://{name}:{shared_api.port}"
    assert shared_api.client.get("/api/v1/journeys", headers={"Origin": origin}).status_code == 200


def test_the_middle_of_an_answer_is_never_a_stack_trace(shared_api, monkeypatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a secret: 7")

    monkeypatch.setattr(shared_api.service, "read", lambda work: broken())
    document = assert_problem(shared_api.client.get("/api/v1/systems"), 500)
    assert "secret" not in str(document)
