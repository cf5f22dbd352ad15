"""Which rows of customers and projects a happening changes, and what it leaves in their history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from estate.happenings import Happening
from estate.netsuite.schema import NAME_SUFFIX, Named
from estate.netsuite.store import CUSTOMER, JOB, Store

IN_PROGRESS, NOT_AWARDED = Named(2, "In Progress"), Named(5, "Not Awarded")
_CLOSED_WON = Named(13, "CUSTOMER-Closed Won")
_FREQUENCIES = frozenset(
    ("DAILY", "WEEKLY", "BIWEEKLY", "MONTHLY", "BIMONTHLY", "QUARTERLY", "SEMIANNUALLY", "ANNUALLY", "ONETIME")
)
_CUSTOMER_FIELDS = {"name": "companyname"} | {name: name for name in ("companyname", "email", "country", "phone")}


def customer_created(store: Store, happening: Happening) -> None:
    """A customer by its account number."""
    data = happening.data
    store.insert(
        "customer",
        id=int(data["customer_id"]),
        entityid=data["customer"],
        externalid=data["customer"],
        companyname=data["name"],
        isinactive=False,
        datecreated=happening.at,
        lastmodifieddate=happening.when,
        entitystatus=_CLOSED_WON,
        subsidiary=store.listed("subsidiary", data["entity"]),
        currency=store.currency(data["currency"]),
        terms=store.listed("term", data.get("terms")),
        email=data.get("email"),
        country=data.get("country"),
        creditholdoverride=Named("AUTO", "Auto"),
    )


def customer_validated(store: Store, happening: Happening) -> None:
    """A customer somebody has checked."""
    key = happening.data["customer_id"]
    store.update("customer", key, happening.when, custentity_validated_on=happening.at)
    store.note(CUSTOMER, key, "CUSTENTITY_VALIDATED_ON", old=None, new=f"{happening.at:%m/%d/%Y}", at=happening.at)


def customer_updated(store: Store, happening: Happening) -> None:
    """Other values in a customer's fields."""
    key = happening.data["customer_id"]
    changed: dict[str, Any] = {}
    for name, value in happening.data["changed"].items():
        column = "terms" if name in ("terms", "payment_terms") else _CUSTOMER_FIELDS.get(name)
        if column:
            new = store.listed("term", value) if column == "terms" else value
            old = store.value("customer", key, column + (NAME_SUFFIX if column == "terms" else ""))
            store.note(CUSTOMER, key, column.upper(), old=old, new=value, at=happening.at)
            changed[column] = new
    store.update("customer", key, happening.when, **changed)


def customer_merged(store: Store, happening: Happening) -> None:
    """Two customers become one: the other's projects and transactions move, its row goes."""
    survivor, merged = int(happening.data["customer_id"]), int(happening.data["merged_id"])
    name = customer_name(store, survivor)
    for table, column in (("job", "parent"), ("transaction", "entity")):
        rows = store.ask(f"SELECT id FROM [{table}] WHERE [{column}] = ?", merged)  # noqa: S608
        for (key,) in rows:
            store.update(table, key, happening.when, **{column: Named(survivor, name)})
    _delete(store, "customer", CUSTOMER, merged, happening)
    store.update("customer", survivor, happening.when, custentity_merged_from=str(merged))
    store.note(CUSTOMER, survivor, "CUSTENTITY_MERGED_FROM", old=None, new=merged, at=happening.at)


def project_created(store: Store, happening: Happening) -> None:
    """A project; a mirror of another entity's says so."""
    data = happening.data
    number = data["number"]
    taken = store.ask("SELECT 1 FROM job WHERE externalid = ?", number)
    customer = int(data["customer_id"])
    store.insert(
        "job",
        id=int(data["job"]),
        entityid=number,
        externalid=None if taken else number,
        companyname=data["name"],
        isinactive=False,
        datecreated=happening.at,
        lastmodifieddate=happening.when,
        parent=Named(customer, customer_name(store, customer)),
        entitystatus=IN_PROGRESS,
        subsidiary=store.listed("subsidiary", data["entity"]),
        currency=store.currency(data["currency"]),
        startdate=data.get("start_on"),
        projectedenddate=data.get("end_on"),
        custentity_contract_no=data.get("contract_no"),
        custentity_line=data.get("line"),
        custentity_mirror=happening.what == "mirror.project",
    )


def project_cancelled(store: Store, happening: Happening) -> None:
    """A project that will not be carried out."""
    _set(store, happening, "entitystatus", NOT_AWARDED)


def project_deleted(store: Store, happening: Happening) -> None:
    """A project's row goes, and its history with it."""
    key = int(happening.data["job"])
    _delete(store, "job", JOB, key, happening)
    store.ask("DELETE FROM systemnote WHERE recordtypeid = ? AND recordid = ?", JOB.value, key)


def rate_card_synced(store: Store, happening: Happening) -> None:
    """The rate card that a project bills by, and the amendment that brought it."""
    data = happening.data
    card = store.listed("billingratecard", data["rate_card"])
    if card and card.value != store.value("job", data["job"], "billingratecard"):
        _set(store, happening, "billingratecard", card)
    if data.get("amendment"):
        _set(store, happening, "custentity_rate_amendment", data["amendment"])


def billing_schedule_created(store: Store, happening: Happening) -> None:
    """A billing schedule, and the project's reference to it."""
    data = happening.data
    key, job = int(data["schedule"]), int(data["job"])
    frequency = str(data["frequency"] or "").upper()
    word = frequency if frequency in _FREQUENCIES else "CUSTOM"
    store.insert(
        "billingschedule",
        id=key,
        name=f"Schedule {key}",
        isinactive=False,
        scheduletype=Named("1", "Standard"),
        frequency=Named(word, word.title()),
        initialamount=data["total"],
        job=Named(job, store.value("job", job, "companyname")),
        inarrears=False,
        ispublic=False,
    )
    _set(store, happening, "billingschedule", Named(key, f"Schedule {key}"), shows=str(key))


def billing_schedule_updated(store: Store, happening: Happening) -> None:
    """Another total, by an amendment."""
    data = happening.data
    store.update("billingschedule", data["schedule"], initialamount=data["total"])
    _set(store, happening, "custentity_billing_amendment", data["amendment"])


def billing_schedule_deleted(store: Store, happening: Happening) -> None:
    """A project's schedule goes, and the reference to it."""
    job = happening.data["job"]
    key = store.value("job", job, "billingschedule")
    _set(store, happening, "billingschedule", None)
    if key is not None:
        store.delete("billingschedule", key)


def revenue_schedule_created(store: Store, happening: Happening) -> None:
    """The revenue schedule that a project recognises by."""
    _set(store, happening, "custentity_revenue_schedule", happening.data["schedule"])


def revenue_schedule_updated(store: Store, happening: Happening) -> None:
    """The amendment that the revenue schedule follows."""
    _set(store, happening, "custentity_revenue_amendment", happening.data["amendment"])


def customer_name(store: Store, key: int) -> str | None:
    """The name of a customer, None when it is gone."""
    name: str | None = store.value("customer", key, "companyname")
    return name


def _set(store: Store, happening: Happening, column: str, value: Named | str | None, shows: str | None = None) -> None:
    """A new value in a project's field, and the line in its history: ids of schedules, names of other references."""
    job = happening.data["job"]
    by_name = isinstance(value, Named) and shows is None
    old = store.value("job", job, column + (NAME_SUFFIX if by_name else ""))
    new = shows or (value.name if isinstance(value, Named) else value)
    values: dict[str, Any] = {column: value}
    if value is None:
        values[column + NAME_SUFFIX] = None
    store.update("job", job, happening.when, **values)
    store.note(JOB, job, column.upper(), old=old, new=new, at=happening.at)


def _delete(store: Store, table: str, record_type: Named, key: int, happening: Happening) -> None:
    name = store.value(table, key, "companyname")
    store.delete(table, key)
    store.insert(
        "deletedrecord", recordid=key, recordtypeid=record_type, type=table, name=name, deleteddate=happening.at
    )


WRITERS: dict[str, Callable[[Store, Happening], None]] = {
    "customer.created": customer_created,
    "customer.validated": customer_validated,
    "customer.updated": customer_updated,
    "customer.merged": customer_merged,
    "project.created": project_created,
    "mirror.project": project_created,
    "project.cancelled": project_cancelled,
    "project.deleted": project_deleted,
    "rate_card.synced": rate_card_synced,
    "billing_schedule.created": billing_schedule_created,
    "billing_schedule.updated": billing_schedule_updated,
    "billing_schedule.deleted": billing_schedule_deleted,
    "revenue_schedule.created": revenue_schedule_created,
    "revenue_schedule.updated": revenue_schedule_updated,
}
