"""Which stories the firm tells, and how many contracts tell each: look-alikes, faults, and what grows into faults."""

from __future__ import annotations

from dataclasses import dataclass

from estate.scenario.middleware import BY_HAND, DEAD, FAILED, POISONED, RETRIED, SILENT, TWICE

PAIRED = ("superseded", "shared_project", "consolidated_invoice")
"""Look-alikes that two contracts tell together."""

LOOKALIKES = (
    "void_rebill",
    "credit_memo",
    "partial_payment",
    "reversed_payment",
    "corrected_signing",
    "backdated_signing",
    "resigned_envelope",
    "project_recreated",
    "amendment_before_activation",
    "future_amendment",
    "no_cost_amendment",
    "superseded",
    "terminated",
    "at_risk_start",
    "intercompany",
    "two_entities",
    "shared_project",
    "consolidated_invoice",
    "milestone_moved",
    "late_time_correction",
    "known_customer",
    "retainage",
)

_REPEATABLE = (
    "project-sync:certinia",
    "project-sync:netsuite",
    "project-activation",
    "rate-card-sync",
    "billing-schedule-sync",
    "revenue-schedule-sync",
    "budget-sync",
    "invoice-posting",
    "invoice-status-sync",
    "crm-status-sync",
)
_SEEN_BY_HAND = ("project-sync:certinia", "project-activation", "billing-schedule-sync", "revenue-schedule-sync")


@dataclass(frozen=True)
class Told:
    """A story for one contract or two: its name, and what becomes of which hand-over."""

    story: str
    flow: str = ""
    fate: str = ""
    is_paired: bool = False

    @property
    def needs_amendment(self) -> bool:
        """Whether the hand-over exists only for amendments."""
        return self.flow == "budget-sync"


def stories(contracts: int) -> list[Told]:
    """The stories of a firm of this size, the most important first; about half of its contracts tell one.

    From 400 contracts on there are at least four of each look-alike and more of each fault than are promised, so that
    the ones that end late or never do not matter.
    """
    share = contracts / 400
    told: list[Told] = []
    each = max(1, round(4 * share)) + (contracts >= 400)
    for turn in range(each):
        told += _round(turn, round(28 * share / each) or 1)
    return told


def _round(turn: int, failures: int) -> list[Told]:
    """One of each; failures go through the flows in turn."""
    told = [Told(what, is_paired=what in PAIRED) for what in LOOKALIKES]
    told += [_failing(FAILED, _REPEATABLE, turn * failures + index) for index in range(failures)]
    told += [_failing(RETRIED, _REPEATABLE, turn * 4 + index) for index in range(4)]
    told += [
        _failing(BY_HAND, _SEEN_BY_HAND, turn),
        _failing(POISONED, ("rate-card-sync", "billing-schedule-sync", "invoice-posting"), turn),
        Told("twice", "project-sync:certinia", TWICE),
        Told("twice", "invoice-posting", TWICE),
        Told("early_project"),
        Told("early_invoice"),
        Told("conflict", is_paired=True),
        Told("conflict", is_paired=True),
        Told("dead", "project-activation", DEAD),
        _failing(SILENT, ("project-sync:certinia", "billing-schedule-sync", "project-activation"), turn),
        Told("wrong"),
        Told("stuck"),
    ]
    return told


def _failing(fate: str, flows: tuple[str, ...], turn: int) -> Told:
    return Told("handed_over", flows[turn % len(flows)], fate)
