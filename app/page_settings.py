"""How Streamlit serves the pages: our own settings, wherever the program is started.

Streamlit itself looks for them in the working folder, which is anybody's, and beside the command, where they are not.
"""

import tomllib
from importlib.resources import files
from typing import Any


def page_settings() -> dict[str, Any]:
    """Every setting of `app/.streamlit/config.toml` by its full name, such as `theme.dark.linkColor`."""
    text = (files("app") / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text), ""))


def _flat(table: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return found
