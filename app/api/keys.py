"""Keys of other systems as the end of a path: whatever they hold, slashes and line breaks included.

`{name:key}` in a route takes the whole rest of the path; Starlette's own `path` ends at a line break.
"""

from starlette.convertors import PathConvertor, register_url_convertor


class _Key(PathConvertor):
    regex = "(?s:.*)"


def install() -> None:
    """Let routes that are made from now on have keys."""
    register_url_convertor("key", _Key())
