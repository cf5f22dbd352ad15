"""The tables of `throughline.toml`. The description of a field is the sentence behind "allowed" in its errors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from app.settings_values import (
    HIDDEN,
    Address,
    Amount,
    ClockName,
    Currency,
    Day,
    PathBesideFile,
    Place,
    Span,
    SystemName,
    Text,
    Texts,
    Word,
    Zone,
)
from models.spans import ALLOWED as SPAN_ALLOWED

PUSH = "push"
"""The product of a system that only sends to us."""


@dataclass(frozen=True)
class Secret:
    """A pointer to a secret: kind `env` and the name of a variable, or kind `file` and a path."""

    kind: str
    place: str


def _secret(value: object, info: ValidationInfo) -> object:
    folder: Any = info.context
    kind, _, place = value.partition(":") if isinstance(value, str) else ("", "", "")
    if kind not in {"env", "file"} or not place:
        # What was written here may be the secret itself.
        raise ValueError(HIDDEN)
    return Secret(kind, str(folder / Path(place).expanduser()) if kind == "file" else place)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Reporting(_Table):
    """How figures are told."""

    currency: Currency = Field("EUR", description='a currency code of ISO 4217, such as "EUR"')
    time_zone: Zone = Field("UTC", validate_default=True, description='a zone of the IANA database: "Europe/Berlin"')


class ProcessSettings(_Table):
    """Which processes are watched."""

    files: Texts = Field(
        ("contract_to_cash",),
        min_length=1,
        description='a list of shipped processes by name ("contract_to_cash") or paths relative to this file',
    )


class Rates(_Table):
    """Where exchange rates come from."""

    file: PathBesideFile | None = Field(None, description="the path of a CSV file with date, from, to, rate")


class Person(_Table):
    """Somebody who may sign in."""

    name: str = Field("", description="a name in quotes")
    roles: Texts = Field((), description='a list of roles, such as ["operator"]')
    teams: Texts = Field((), description='a list of teams, such as ["integration"]')


class Approval(_Table):
    """From when on a second person must agree; absent, nobody is asked."""

    money: Amount | None = Field(None, description='an amount of the reporting currency in quotes, such as "100000"')
    items: int | None = Field(None, gt=0, strict=True, description="a whole number above 0")


class Telemetry(_Table):
    """Where this program's own spans and counters go; absent: nowhere."""

    endpoint: Address | None = Field(
        None, description='an http or https address of an OTLP receiver, such as "http://127.0.0.1:4318"'
    )


class FolderSettings(_Table):
    """A folder into which files with events and spans are put; absent: none is watched."""

    path: PathBesideFile | None = Field(None, description="the path of a folder that this program may write to")
    quiet_seconds: float = Field(
        5, ge=0, strict=True, description="for how many seconds nobody wrote to a file that is whole, without quotes"
    )


class Otlp(_Table):
    """What attributes of spans and log records are called where they are not called as the interface says."""

    contract: Text | None = Field(None, description='the name of an attribute, such as "com.acme.contract_id"')
    event_type: Text | None = Field(None, description="the name of an attribute in quotes")
    transaction: Text | None = Field(None, description="the name of an attribute in quotes")
    operation: Text | None = Field(None, description="the name of an attribute in quotes")
    attempt: Text | None = Field(None, description="the name of an attribute in quotes")
    keys: dict[Text, Text] = Field({}, description='kinds of keys, such as project = "com.acme.project_id"')
    attributes: dict[Text, Text] = Field({}, description='attributes of events, such as flow = "com.acme.flow"')
    sources: dict[Text, SystemName] = Field(
        {}, description='names of services with the systems that they are, such as "order-flows" = "mulesoft-prod"'
    )


class Auth(_Table):
    """How we sign in to a system. Which of the keys a kind needs, its connector says."""

    kind: Word = Field(description='a word for the kind of sign-in, such as "oauth2_m2m", "basic" or "token"')
    client_id: Text | None = Field(None, description="the client's id in quotes")
    user: Text | None = Field(None, description="the user's name in quotes")
    account: Text | None = Field(None, description="the account or tenant in quotes")
    token_url: Address | None = Field(None, description="an http or https address without a password in it")
    scope: Text | None = Field(None, description="the scopes in quotes, divided by blanks")
    key_id: Text | None = Field(None, description="the id of the signing key in quotes")
    secret: Annotated[Secret, BeforeValidator(_secret)] | None = Field(
        None, description='"env:NAME" or "file:PATH", never the secret itself'
    )


class System(_Table):
    """One installation of a product."""

    product: Word = Field(description='a product in small letters, such as "netsuite", or "push"')
    role: Word = Field(
        description="a word: crm, clm, psa, erp, ipaas, broker, traces, logs, ticketing, hris, procurement, tax, ..."
    )
    base_url: Place | None = Field(None, description="an http, https, amqp or amqps address without a password in it")
    interval_seconds: float = Field(60, gt=0, strict=True, description="a number of seconds above 0, without quotes")
    requests_per_second: float | None = Field(
        None, gt=0, strict=True, description="a number above 0 without quotes: how fast we ask at most"
    )
    entities: Texts = Field((), description='a list of legal entities, such as ["US01"]')
    auth: Auth | None = Field(None, description='a table such as { kind = "oauth2_m2m", secret = "env:NAME" }')
    watch_from: Day | None = Field(None, description="a day without quotes, such as 2026-01-01")
    expect_every: Span | None = Field(None, description=SPAN_ALLOWED)
    options: dict[str, Any] = Field(
        {}, description="a table [systems.NAME.options] with what differs in this installation, such as names of fields"
    )

    @model_validator(mode="after")
    def _push_is_not_polled(self) -> Self:
        polled = {"base_url", "auth", "interval_seconds", "requests_per_second"} & self.model_fields_set
        if self.product == PUSH and polled:
            raise ValueError(
                f'found {", ".join(sorted(polled))} beside product "push", which is never polled; remove it'
            )
        if self.product != PUSH and self.expect_every is not None:
            raise ValueError(f'found expect_every beside product "{self.product}"; allowed: with product "push" only')
        return self


class File(_Table):
    """The whole of `throughline.toml`."""

    clock: ClockName = Field(
        "system", description='"system", or an http address of this machine that answers {"now", "speed"}'
    )
    reporting: Reporting = Field(Reporting(), description="a table [reporting]")
    process: ProcessSettings = Field(ProcessSettings(), description="a table [process]")
    rates: Rates = Field(Rates(), description="a table [rates]")
    people: dict[Word, Person] = Field({}, description="tables [people.NAME], each name in small letters")
    approval: Approval = Field(Approval(), description="a table [approval]")
    telemetry: Telemetry = Field(Telemetry(), description="a table [telemetry]")
    folder: FolderSettings = Field(FolderSettings(), description="a table [folder]")
    otlp: Otlp = Field(Otlp(), description="a table [otlp]")
    systems: dict[SystemName, System] = Field(
        {}, description="tables [systems.NAME], each name of letters, digits, dots and hyphens"
    )
