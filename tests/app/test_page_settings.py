import pytest

from app.page_settings import page_settings


def luminance(colour: str) -> float:
    """How bright WCAG 2.2 says that a colour is."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


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


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_button_is_read_in_both_modes(mode) -> None:
    found = page_settings()
    primary = str(found[f"theme.{mode}.primaryColor"])
    # Streamlit writes on a primary button in white, and what is chosen in the colour itself.
    assert contrast("#FFFFFF", primary) >= 4
    assert contrast(str(found[f"theme.{mode}.backgroundColor"]), primary) >= 4
