"""What is wrong in a firm from the beginning, by the scenario that made it."""

from estate.scenario.making import make
from estate.truth import Fault
from tests.firm.running import Size


def failures(size: Size) -> tuple[list[Fault], list[Fault]]:
    """What failed in a firm without a broker and still does, latest first: what a re-run mends, what fails again."""
    scenario = make(size.seed, size.contracts, size.months, has_broker=False)
    found = [
        fault
        for fault in scenario.truth.faults()
        if fault.kind == "failed" and fault.planted_at <= scenario.start and fault.healed_at is None
    ][::-1]
    return [one for one in found if one.can_be_mended], [one for one in found if not one.can_be_mended]
