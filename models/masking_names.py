"""Which field names are sensitive, however they are written: `IBAN`, `customerEmail`, `bank-account-2`."""

from __future__ import annotations

import re
from collections.abc import Iterable

SENSITIVE = (
    # What opens a door.
    *("password", "passwd", "pwd", "passwort", "kennwort", "passphrase", "passcode", "db_pass", "user_pass", "otp"),
    *("secret", "token", "credential", "authorization", "cookie", "session_id"),
    *("api_key", "private_key", "access_key", "signing_key", "encryption_key", "shared_key", "subscription_key"),
    *("connection_string", "conn_str", "shared_access_signature", "sas_key", "sas_url", "sas_uri"),
    *("hmac", "hub_signature", "webhook_signature", "amz_signature"),
    *("account_key", "oauth_verifier", "^auth$", "^pass$", "^private$", "^sas$", "^sig$", "^signature$"),
    # Where money is.
    *("iban", "bic", "swift", "account_number", "account_no", "bank_account", "sort_code", "routing_number"),
    *(
        "card_number",
        "card_no",
        "creditcard_number",
        "creditcard_no",
        "cc_number",
        "credit_card$",
        "debit_card$",
        "cc_num",
        "^cc$",
        "^pan$",
        "^pan_number$",
    ),
    *("cvv", "cvc", "security_code", "pin"),
    # Who somebody is.
    *("ssn", "social_security", "tax_id", "tax_number", "vat_id", "vat_number", "national_id", "passport"),
    *("birth_date", "date_of_birth", "dob", "email", "e_mail", "email_address", "salary"),
    *("phone", "phone_number", "telephone", "mobile", "mobile_phone", "^tel$"),
)
"""Names of fields that are masked. A field matches when these words, in this order, stand in its name: `pin` does not
match `shipping`. Between `^` and `$` is the whole name of a field, and what ends in `$` stands at its end: `pass` is
masked and `boarding_pass` is not, `customer_credit_card` is masked and `credit_card_type` is not. `key`, `session` and
`card` alone are none: they name records more often than secrets, and a card's number is known by its look."""

# One word that is written together with what stands before it: `dbpassword`, `clientsecret`, `accesstoken`.
_ENDINGS = ("password", "passwd", "passwort", "passphrase", "pwd", "secret", "token")

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 200
_MOST_KNOWN = 10_000


class Names:
    """Sensitive names, asked again and again."""

    def __init__(self, names: Iterable[str]) -> None:
        listed = list(names)
        self._bare = {tuple(_words(name)) for name in listed if name.startswith("^")}
        last = {_singulars(name) for name in listed if name.endswith("$") and not name.startswith("^")}
        within = {_singulars(name) for name in listed if not name.startswith("^") and not name.endswith("$")}
        self._longest = max(map(len, within | last), default=1)
        endings = tuple(name for name in _ENDINGS if (name,) in within)
        self._within_ends, self._last_ends = _together(within) + endings, _together(last)
        self._within, self._last = within, last
        self._known: dict[str, bool] = {}

    def is_sensitive(self, field: str) -> bool:
        """Whether a field of this name is masked."""
        field = field[-_LONGEST:]
        found = self._known.get(field)
        if found is None:
            found = self.is_bare(field) or self._is_within(_singulars(field))
            if len(self._known) < _MOST_KNOWN:  # field names come from outside, and memory must not follow them
                self._known[field] = found
        return found

    def is_bare(self, field: str) -> bool:
        """Whether the name is masked only as it stands alone. Such a word is also an ordinary one: no plural counts."""
        return len(field) <= _LONGEST and tuple(_words(field)) in self._bare

    def _is_within(self, words: tuple[str, ...]) -> bool:
        end = len(words)
        # `card2`, and `Card__c` as Salesforce has it.
        while end and (words[end - 1].isdigit() or words[end - 1] == "c"):
            end -= 1
        return (
            # Written together, a name stands at the end of its word: `jsessionid`, and not `accountnote`.
            any(word.endswith(self._within_ends) for word in words)
            or any(word.endswith(self._last_ends) for word in words[:end][-1:])
            or any(
                words[start:stop] in self._within or (stop == end and words[start:stop] in self._last)
                for start in range(len(words))
                for stop in range(start + 1, min(start + self._longest, len(words)) + 1)
            )
        )


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]


def _singulars(name: str) -> tuple[str, ...]:
    # A plural is the same name; what else ends in s, such as pass, sas and access, is none.
    return tuple(
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in _words(name)
    )


def _together(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple("".join(words) for words in names if len(words) > 1)
