from app.page_settings import page_settings


def test_pages_tell_nobody_show_no_tracebacks_and_answer_on_this_machine_only() -> None:
    found = page_settings()
    assert found["browser.gatherUsageStats"] is False
    assert found["client.showErrorDetails"] == "none"
    assert found["server.address"] == "127.0.0.1"
    assert found["server.fileWatcherType"] == "none"


def test_both_modes_have_every_colour() -> None:
    found = page_settings()
    light, dark = (
        {name.removeprefix(mode) for name in found if name.startswith(mode)} for mode in ("theme.light.", "theme.dark.")
    )
    assert light == dark


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert not [name for name, value in page_settings().items() if "http" in str(value)]
