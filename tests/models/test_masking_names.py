import pytest

from models.masking_names import SENSITIVE, Names

NAMES = Names(SENSITIVE)


@pytest.mark.parametrize(
    "field",
    """
    pwd PWD dbPwd pass Pass passwort auth Auth access_key accesskey AccessKeyId SharedAccessKey aws-access-key-id
    connection_string ConnectionString connectionstring sas sas_url sig signature X-Hub-Signature-256
    sessionid session_id SessionId JSESSIONID otp otp_code private privateKey
    dbpassword PGPASSWORD adminpwd clientsecret sharedsecret accesstoken refreshtoken sessiontoken AccountKey cc_num
    creditCard credit_card CreditCard2 customer_credit_card Credit_Card__c creditcard creditCardNumber cc ccNumber
    cc_number cardNo card_no Card_Number__c pan PAN securityCode security_code cvv
    account_no accountNo AccountNo2 accountno taxNumber tax_number vat_id vatId VATID telephone Telephone_Number dob DOB
    customer_dob bankaccountnumber customeremail phonenumber credentials passwords emails
    """.split(),  # noqa: SIM905 - words in a table are read more easily
)
def test_a_sensitive_name_is_known_however_it_is_written(field: str) -> None:
    assert NAMES.is_sensitive(field)


@pytest.mark.parametrize(
    "field",
    """
    accounting_period accountingPeriod account_notes account_note accountnote account_name account_manager account
    session_count session_idle_seconds sessions passed pass_count passes bypass auth_method author authorName authority
    signature_date signatureDate signed_at signed_by signatory signature_status card_type cardType credit_card_type
    rate_card cards cardinality discard company companynumber pan_european panel spanning japan keys key_date
    accounting_key monkey keyword business_key
    key Key session Session card private_equity is_private cc_emailed cost_cc account success
    vat_identical vat_rate vat tax tax_code taxonomy syntax optional adopt doboard sasquatch sa_id pa p_in address
    pinned shipping emailed_at telephony customer_id invoice_no contract_number order_number number no id security
    """.split(),  # noqa: SIM905 - words in a table are read more easily
)
def test_a_name_that_only_looks_alike_is_none(field: str) -> None:
    assert not NAMES.is_sensitive(field)


@pytest.mark.parametrize("field", ["", "__", "é", "x" * 1_000_000, "a1" * 500_000])
def test_any_name_can_be_asked(field: str) -> None:
    assert not NAMES.is_sensitive(field)


def test_another_list_has_the_same_signs() -> None:
    names = Names(["rates", "^fee$", "day_rate$"])
    assert [name for name in ("rate", "eurRate", "fee", "fees", "fee_id", "dayrate2") if names.is_sensitive(name)] == [
        "rate",
        "eurRate",
        "fee",
        "dayrate2",
    ]
