"""What happens in the firm, in the order of its own time: the one thing that the scenario tells the products.

A product writes its native records from happenings and from nothing else. The table below is the whole vocabulary: for
each system the verbs (`what`) and the exact keys that `data` holds. A key written `key?` may be absent or None.

Types in `data`: money is a `Decimal` (major units), a day is a `date`, an instant is an aware UTC `datetime` in whole
seconds, ids are strings in the product's own form, flags are `bool`. `contract` of a happening is the contract number
(`SOW-00012`), `subject` the subject of the step that it shows ('' for none). What a record says of its contract stands
in `data` (`contract_no`), because a record can be wrong or silent about it: products write `data`, never
`Happening.contract`.

`at` is the business time that the record carries for good (agreementDate, CreatedDate, createddate, of a history row).
`when` (= `recorded_at` or `at`) is when the system writes it down: created and modified stamps of the row itself follow
`when`. They differ for `contract.signed` and `amendment.signed` alone (backdated signatures).

A `line` is '' (the whole contract) or `SOW-00012-L1`. Rows of netsuite and certinia that hang on a project or job with
a line show the step for it: project.*, billing_schedule.*, revenue_schedule.*, rate_card.synced (no amendment).
Rows that name an amendment, milestone, period or invoice show their step for that; resource.assigned for ''.

# ironclad (ids: workflow = 24 hex; record, obligation = UUID; readable = IC-n)
msa.signed               record readable workflow? customer customer_name entity title payment_terms rate_card
                         currency A record of type `masterAgreement` without contractNumber: shows no step. contract
                         is None.
contract.drafted         workflow readable title customer customer_name value currency contract_type entity region
                         practice opportunity? contract_no
workflow.cancelled       workflow (a draft given up; contract.drafted stands)
amendment.drafted        workflow readable title customer customer_name value currency contract_no amendment_no
                         parent_record parent_readable (no step)
approval.requested       workflow approval role role_name actor actor_name actor_email (subject: amendment, or '')
approval.completed       workflow approval role
contract.approved        workflow (approvals.state = completed; at = the last approval.completed)
amendment.approved       workflow (subject amendment)
amendment.rejected       workflow (subject amendment; workflow cancelled, attribute rejectedOn = at)
contract.signed          record readable workflow title contract_no customer customer_name value currency
                         contract_type entity region practice payment_terms billing_frequency rate_card
                         retention_ratio? (Decimal) effective_on expires_on opportunity? at_risk_authorised_by?
                         master_agreement? renews? lines [{line, contract_type, entity, amount, currency}] ([] = one
                         line without a number) at = agreementDate, when = recordedDate. Sent again for the new record
                         of a re-signed envelope.
amendment.signed         record readable workflow title contract_no amendment_no parent_record parent_readable
                         customer customer_name value currency payment_terms billing_frequency rate_card effective_on
                         expires_on changed_fields ("value,end_on"; "" = no effect)
record.corrected         record signed_at (agreementDate becomes signed_at; at = day of the correction)
contract.voided          record (executionStatus Voided, voidedDate = at)
contract.activated       record
contract.terminated      record
contract.superseded      record by (contract number of the successor)
obligation.recorded      obligation readable record contract_no milestone due_on amount currency name
obligation.moved         obligation due_on

# salesforce (ids: 18 characters, prefix 001 Account, 006 Opportunity)
account.created          account customer name entity currency erp_customer? country (contract None)
account.merged           account (survivor) merged_account (contract None)
account.linked           account erp_customer (ERP_Customer_Id__c set)
opportunity.created      opportunity account name amount currency close_on stage
opportunity.linked       opportunity contract_no (Contract_Number__c set)
opportunity.committed    opportunity (StageName "Closed Won")
opportunity.lost         opportunity (StageName "Closed Lost")
opportunity.deleted      opportunity
value.updated            opportunity amendment value currency (subject amendment; Amount, Last_Amendment__c + history)
crm.status_synced        opportunity status (ERP_Status__c + history)

# certinia (same org; ids 18 characters: a0X project, a0A assignment, a1M milestone, a1T timecard, a0E expense report,
#           a0B budget, a0V billing event)
project.created          project number name account opportunity? contract_no? line entity start_on end_on bookings
                         currency budget at_risk_authorised_by? manager (subject line; contract_no "SOW-1;SOW-2" when
                         it serves two; budget: id of the original pse__Budget__c row, made with the project)
mirror.project           project number name account contract_no line entity start_on end_on bookings currency budget
                         mirror_of (Partner_Entity_Project__c = true; no step)
project.activated        project (subject line)
project.cancelled        project (subject line)
project.closed           project (subject line; stage Completed, inactive)
project.deleted          project (subject line; IsDeleted)
resource.assigned        assignment project resource role start_on end_on rate currency hours
resource.changed         assignment project amendment resource role start_on end_on rate currency hours (subject
                         amendment)
milestone.planned        milestone_id project milestone name target_on amount currency (row created; no step)
milestone.moved          milestone_id target_on (no step)
milestone.completed      milestone_id project (subject milestone)
milestone.accepted       milestone_id project (subject milestone)
time.approved            timecard project period resource week_end_on hours submitted_at (subject period; row may
                         exist)
time.rejected            timecard project period (subject period; Approved false again)
expense.approved         report project period resource amount currency submitted_at (subject period)
change_request.approved  budget project amount currency created_at name (a new pse__Budget__c of type Customer Change
                         Request)
budget.updated           budget project amendment amount currency (subject amendment; a new pse__Budget__c row of its
                         own with Amendment_Number__c, CreatedDate = at, and its pse__Amount__c history row at the
                         same time)
invoice.ready            event project milestone? period? amount currency (subject milestone or period; row and
                         release)
invoice_status.synced    event project invoice (subject invoice; invoice = NetSuite tranid)

# netsuite (ids: decimal strings; customers, jobs, transactions, charges, schedules each have a series of their own)
customer.created         customer_id customer name entity currency terms email country (contract None, as for all
                         customer.*)
customer.validated       customer_id
customer.updated         customer_id changed {field: value}
customer.merged          customer_id (survivor) merged_id merged_customer (merged row deleted, survivor
                         custentity_merged_from)
project.created          job number name customer_id contract_no? line entity currency start_on end_on (subject line)
mirror.project           job number name customer_id contract_no line entity currency start_on end_on
                         (custentity_mirror T)
project.cancelled        job (subject line)
project.deleted          job (subject line; deletedrecord)
rate_card.synced         job rate_card amendment? (subject amendment, else line)
billing_schedule.created job schedule frequency total currency (subject line)
revenue_schedule.created job schedule (subject line)
billing_schedule.updated job schedule amendment total currency (subject amendment)
revenue_schedule.updated job schedule amendment (subject amendment)
billing_schedule.deleted job (systemnote: field cleared)
invoice.posted           invoice number customer_id entity currency total due_on terms operation milestone? period?
                         retainage? intercompany lines [{job, contract_no?, line, milestone?, period?, amount}]
                         (subject number; retainage "held": lines are net of it; "released": the release invoice)
invoice.sent             invoice
invoice.voided           invoice
invoice.credited         invoice credit number amount currency (subject is the invoice's number; number is the
                         credit's)
invoice.disputed         invoice
dispute.resolved         invoice
payment.applied          payment number customer_id entity currency total applies [{invoice, number, amount}] settles
                         [invoice] (one happening a payment; contract of the first invoice; shows payment.received,
                         payment.applied and, for `settles`, invoice.settled: custbody_settled_on = at)
payment.reversed         payment applies [{invoice, number, amount}] unsettles [invoice] (voided; unpaid amounts come
                         back, custbody_settled_on of `unsettles` is cleared)
billing.held             charge job contract_no milestone? period? amount currency (subject milestone or period)
billing.released         charge

# boomi (ids: execution-<uuid>-<yyyy.MM.dd>; document = gcr-<uuid>)
execution                execution flow started_at kind (exec_sched | retry_sched) original? documents (at = its end)
                         document: {document, at, outcome ("SUCCESS" | "ERROR"), operation, contract, subject_kind (''
                         line amendment milestone period invoice), subject, amendment ('' or number), source_system,
                         target_system, error_class?, error_message?, retryable, payload {}, effect [Happening]}
                         `effect` of an ERROR is what did not happen; the engine keeps it too: call
                         `services.execute`.

# rabbitmq (with --amqp alone)
message.dead             message correlation contract operation flow error_class error_message queue body {} headers
                         {} effect [Happening] (already in the dead queue at `at`)
message.sent             message correlation contract operation flow queue body {} (worked off; for liveliness,
                         optional)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens in one system; the vocabulary stands above.

    `at` is when it happened (UTC, whole seconds); `recorded_at` when the system writes it down, None: then.
    """

    at: datetime
    system: str
    what: str
    contract: str | None
    subject: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    recorded_at: datetime | None = None

    @property
    def when(self) -> datetime:
        """The instant from which the system's records show it."""
        return self.recorded_at or self.at
