"""Which product is asked to do something again, and whether it can be: the acts of the connectors of a process."""

from __future__ import annotations

from collectors.acts import Act, Acting
from collectors.connections import Connections
from models.errors import Misconfigured, Refused


class NotOfferedError(Refused):
    """The product does not offer it; it is never imitated."""


class Products:
    """What may be asked of each system of the settings."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def act(self, system: str, kind: str) -> Act:
        """What a system's product offers for a kind of action. Nothing is asked of it before it is used.

        Errors: NotOfferedError; Misconfigured where the system cannot be opened.
        """
        account = self._connections.accounts.get(system)
        if account is None:
            raise NotOfferedError(
                f"{system or 'the system that reported it'} is not listed in the settings as a system to collect from, "
                f"so {kind} cannot be asked of it; do it in that system, or list it under [systems]"
            )
        connector = self._connections.of(system)
        act = connector.acts().get(kind) if isinstance(connector, Acting) else None
        if act is None:
            raise NotOfferedError(f"{account.product} ({system}) does not offer {kind}; do it in that system")
        return act

    def tells(self, system: str, event_type: str) -> bool:
        """Whether a stream of this system can show events of a type."""
        if system not in self._connections.accounts:
            return False
        return any(event_type in stream.shows for stream in self._connections.of(system).streams)

    def why_not(self, system: str, kind: str) -> str:
        """Why a system cannot be asked for a kind of action, '' where it can. Asks no other system."""
        try:
            self.act(system, kind)
        except (NotOfferedError, Misconfigured) as error:
            return str(error)
        return ""
