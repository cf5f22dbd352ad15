"""SAP's document flow table, rows out of order, against a few lines of pandas."""

from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pandas as pd
import pytest

from tests.data.conftest import Imported
from tests.requirements import DATA

pytestmark = [pytest.mark.needs_data, pytest.mark.timeout(300)]

FILE = "sap-vbfa/VBFA.zip"


@pytest.fixture(scope="module")
def imported(importing: Callable[[str, str, str], Imported]) -> Imported:
    return importing(FILE, "order_to_cash", "csv")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rows = pd.read_csv(BytesIO(ZipFile(DATA / FILE).read("VBFA.zip")), dtype=str, keep_default_na=False)
    return rows.assign(at=pd.to_datetime(rows["ERDAT"] + rows["ERZET"], format="%Y%m%d%H%M%S", utc=True))


def first(table: pd.DataFrame, followed_by: str) -> pd.Series:
    of_orders = table[(table["VBTYP_V"] == "C") & (table["VBTYP_N"] == followed_by)]
    return of_orders.groupby("VBELV")["at"].min()


def test_what_followed_orders_and_deliveries_is_read(imported: Imported, table: pd.DataFrame) -> None:
    report = imported.report
    kept = table["VBTYP_V"].isin(["C", "J"])
    assert (report.read, report.new, report.skipped) == (len(table), kept.sum(), (~kept).sum())
    assert (report.duplicate, report.quarantined) == (0, 0)
    assert imported.journeys == table[table["VBTYP_V"] == "C"]["VBELV"].nunique() == 10_916


@pytest.mark.parametrize(("name", "end"), [("delivery_to_invoice", "M"), ("delivery_to_goods_issue", "R")])
def test_durations_agree_with_pandas(imported: Imported, table: pd.DataFrame, name: str, end: str) -> None:
    seconds = (first(table, end) - first(table, "J")).dropna().dt.total_seconds()
    figure = imported.figure(name)
    assert (figure.finished, figure.negative) == (len(seconds), (seconds < 0).sum())
    assert figure.running == len(first(table, "J")) - len(seconds)
    assert figure.p50 == pytest.approx(seconds.quantile(0.5))
    assert figure.p90 == pytest.approx(seconds.quantile(0.9))


def test_delivered_and_not_invoiced(imported: Imported) -> None:
    figure = imported.figure("delivery_to_invoice")
    assert (figure.finished, figure.running, figure.negative) == (8_913, 1_794, 5)
    assert figure.p50 == 113.0


def test_what_is_said_of_a_delivery_reaches_its_orders(imported: Imported, table: pd.DataFrame) -> None:
    deliveries = table[(table["VBTYP_V"] == "C") & (table["VBTYP_N"] == "J")]
    picked = table[(table["VBTYP_V"] == "J") & (table["VBTYP_N"] == "Q")]["VBELV"]
    pairs = deliveries[["VBELV", "VBELN"]].drop_duplicates()
    reached = picked.value_counts().rename("rows").to_frame().merge(pairs, left_index=True, right_on="VBELN")
    assert (
        imported.count(
            "SELECT count(*) FROM journey_event INNER JOIN event USING (event_id) "
            "INNER JOIN journey USING (journey_id) WHERE type = 'delivery.picked' AND contract IS NOT NULL"
        )
        == reached["rows"].sum()
    )
    alone = (~picked.isin(deliveries["VBELN"])).sum()
    assert (
        imported.count("SELECT count(*) FROM exception WHERE kind = 'unlinked' AND reason LIKE 'delivery.picked%'")
        == alone
    )
