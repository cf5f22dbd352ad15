"""The XES log of travel claims, against a few lines of pandas."""

import gzip
import re
from collections.abc import Callable

import pandas as pd
import pytest

from tests.data.conftest import Imported
from tests.requirements import DATA

pytestmark = [pytest.mark.needs_data, pytest.mark.timeout(300)]

FILE = "bpic2020-international/InternationalDeclarations.xes.gz"
STEPS = {
    "permit.submitted": r"Permit SUBMITTED.*",
    "permit.approved": r"Permit FINAL_APPROVED.*",
    "trip.ended": r"End trip",
    "claim.submitted": r"Declaration SUBMITTED.*",
    "claim.approved": r"Declaration FINAL_APPROVED.*",
    "payment.handled": r"Payment Handled",
}
FIGURES = {
    "permit_submitted_to_approved": ("permit.submitted", "permit.approved"),
    "trip_ended_to_claimed": ("trip.ended", "claim.submitted"),
    "claim_submitted_to_approved": ("claim.submitted", "claim.approved"),
    "claim_approved_to_paid": ("claim.approved", "payment.handled"),
    "claim_submitted_to_paid": ("claim.submitted", "payment.handled"),
    "trip_ended_to_paid": ("trip.ended", "payment.handled"),
}


@pytest.fixture(scope="module")
def imported(importing: Callable[[str, str, str], Imported]) -> Imported:
    return importing(FILE, "travel_claims", "xes")


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    value = re.compile(r'<(trace|event)>|key="(concept:name|time:timestamp)" value="([^"]*)"')
    rows: list[list[str]] = []
    case = element = ""
    with gzip.open(DATA / FILE, "rt") as lines:
        for began, key, said in (found for line in lines for found in value.findall(line)):
            element = began or element
            if began == "event":
                rows.append([case, "", ""])
            elif key and element == "trace":
                case = said
            elif key and element == "event":
                rows[-1][1 if key == "concept:name" else 2] = said
    frame = pd.DataFrame(rows, columns=["case", "activity", "at"])
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True, format="ISO8601"))


def test_every_event_is_read_and_every_trace_a_journey(imported: Imported, log: pd.DataFrame) -> None:
    assert (imported.report.read, imported.report.new) == (len(log), len(log)) == (70_727, 70_727)
    assert imported.report.quarantined == 0
    assert imported.journeys == log["case"].nunique() == 6_323


@pytest.mark.parametrize("name", FIGURES)
def test_durations_agree_with_pandas(imported: Imported, log: pd.DataFrame, name: str) -> None:
    first = {
        step: log[log["activity"].str.fullmatch(activity)].groupby("case")["at"].min()
        for step, activity in STEPS.items()
    }
    start, end = FIGURES[name]
    seconds = (first[end] - first[start]).dropna().dt.total_seconds()
    figure = imported.figure(name)
    assert (figure.finished, figure.negative) == (len(seconds), (seconds < 0).sum())
    assert figure.running == len(first[start]) - len(seconds)
    assert figure.p50 == pytest.approx(seconds.quantile(0.5))
    assert figure.p90 == pytest.approx(seconds.quantile(0.9))


def test_claims_that_were_handed_in_and_never_paid(imported: Imported) -> None:
    assert imported.figure("claim_submitted_to_paid").running == 174
