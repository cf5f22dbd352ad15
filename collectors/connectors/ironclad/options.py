"""Where an Ironclad tenant keeps what we read: the keys of its properties and attributes are the tenant's own."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.account import Account


def actor_headers(account: Account) -> dict[str, str]:
    """The header that names the user whose rights count; tokens of client credentials must come with it."""
    user = account.credentials.user if account.credentials else ""
    return {"x-as-user-email" if "@" in user else "x-as-user-id": user} if user else {}


@dataclass(frozen=True)
class Options:
    """`[systems.X.options]` of Ironclad. '' as the name of an optional property: the tenant has none.

    Attributes of workflows and properties of records share their names here, as the designer of a workflow maps them.
    `record_types` are read also without a contract number; others only with one. `overlap_seconds`: how long after
    its time stamp a record may still be about to appear. `record_ids_path`: the vendor's page does not name the path.
    `crm_system`: the configured system that the opportunity's id belongs to. `webhook_key`: a file with the public key
    of webhooks in PEM, '' for fetching it; `webhook_signed`: what of a webhook is signed, which is not documented.
    """

    contract_number: str = "contractNumber"
    amendment_number: str = "amendmentNumber"
    parent_record: str = "parentRecord"
    rejected_on: str = "rejectedOn"
    agreement_date: str = "agreementDate"
    recorded_date: str = "recordedDate"
    effective_date: str = "effectiveDate"
    expiration_date: str = "expirationDate"
    activated_date: str = "activatedDate"
    terminated_date: str = "terminatedDate"
    superseded_date: str = "supersededDate"
    superseded_by: str = "supersededBy"
    execution_status: str = "executionStatus"
    executed_words: tuple[str, ...] = ("Executed",)
    voided_words: tuple[str, ...] = ("Voided",)
    voided_date: str = "voidedDate"
    contract_value: str = "contractValue"
    contract_type: str = "contractType"
    customer_number: str = "customerNumber"
    legal_entity: str = "legalEntity"
    region: str = "region"
    practice: str = "practice"
    payment_terms: str = "paymentTerms"
    billing_frequency: str = "billingFrequency"
    rate_card: str = "rateCard"
    retention_ratio: str = "retentionRatio"
    opportunity: str = "opportunityId"
    at_risk_authorised_by: str = "atRiskAuthorisedBy"
    master_agreement: str = "masterAgreement"
    lines: str = "lines"
    changed_fields: str = "changedFields"
    milestone: str = "milestoneId"
    due_date: str = "dueDate"
    milestone_amount: str = "amount"
    record_types: tuple[str, ...] = ("statementOfWork",)
    crm_system: str = "salesforce"
    record_ids_path: str = "/records/ids"
    overlap_seconds: int = 300
    webhook_key: str = ""
    webhook_signed: str = "{nonce}{event_id}{body}"
