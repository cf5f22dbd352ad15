"""Which parts of a text look sensitive, whatever stands before them: addresses, accounts, cards, keys, sign-ins.

Every pattern is linear: what may repeat without end is possessive, or cannot begin again within itself.
"""

from __future__ import annotations

import re

MASK = "***"

_LOOKS = re.compile(
    # Cut off, a key ends with what holds it.
    r"(?P<pem>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^\"'<>{}]*?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?=[\"'<>{}])|\Z))"
    r"|(?<=://)(?P<user>[^\s/?#\"'<>]{1,512}@)(?=[^\s/])"
    r"|(?<=:thin:)(?P<oracle>[^\s/@\"'<>]{1,128}/[^\s/@\"'<>]{1,512}@)"
    r"|(?<=//hooks\.slack\.com/)(?P<slack>(?:services|workflows|triggers)/[\w/-]{8,})"
    r"|(?P<email>(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]++@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24})"
    r"|(?P<iban>\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b)"
    r"|(?P<bearer>(?i:\b(?:bearer|basic)\s{1,20})[A-Za-z0-9._~+/=-]{8,})"
    r"|(?P<jwt>(?<![\w-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*)"
    # Keys of AWS (documented prefixes of access keys), of Azure's storage (64 bytes), GitHub, Slack, Stripe and Google.
    r"|(?P<aws>\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)"
    r"|(?P<azure>(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==)"
    r"|(?P<vendor>\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|xox[abeoprs]-[A-Za-z0-9-]{10,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|AIza[\w-]{35}))"
)
# Neither within a longer number or word, nor behind a word and a hyphen (`INV-4111111111111111`), nor a fraction. A
# digit stands first, for what looks back is slow at every sign of a text.
_CARD = re.compile(
    r"[2-6](?<!\w.)(?<!\w-.)(?<![0-9]\..)(?:"
    r"[0-9]{13,18}"
    r"|[0-9]{3}(?P<sign>[ .\-\u00a0\u202f])"
    r"(?:[0-9]{4}(?P=sign)[0-9]{4}(?P=sign)[0-9]{4}(?:(?P=sign)[0-9]{3}(?![0-9]))?"
    r"|[0-9]{6}(?P=sign)[0-9]{4,5})"
    r")(?!\w)(?!-\w)(?!\.[0-9])"
)
# Issuers and the lengths of their numbers: Visa, Mastercard (two ranges), American Express, Diners, Discover, UnionPay,
# JCB. Visa's old 13 digits are left out, for they are an article number's; and so is Maestro, which may be any number.
_ISSUED = re.compile(
    r"4(?:[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}"
    r"|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9]|9[0-9])[0-9]{11}|6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12}"
    r"|62[0-9]{14,17}|35(?:2[89]|[3-8][0-9])[0-9]{12}"
)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def mask_looks(text: str) -> str:
    """Text without what looks sensitive. Of an address with a sign-in in it, the address stays; of a hook, its host."""
    return _mask_cards(_LOOKS.sub(_mask_look, text))


def is_card(digits: str) -> bool:
    """ISO/IEC 7812: a known issuer's number of the right length whose check digit (Luhn) holds."""
    if not _ISSUED.fullmatch(digits):
        return False
    backwards = [int(one) for one in reversed(digits)]
    return (sum(backwards[::2]) + sum(_DOUBLED[one] for one in backwards[1::2])) % 10 == 0


def _mask_look(match: re.Match[str]) -> str:
    if match["user"] or match["oracle"]:
        return f"{MASK}@"
    return match[0] if match["iban"] and not _is_iban(match["iban"]) else MASK


def _mask_cards(text: str) -> str:
    parts: list[str] = []
    done = start = 0
    while (found := _CARD.search(text, start)) is not None:
        if is_card("".join(one for one in found[0] if one.isdigit())):
            parts += [text[done : found.start()], MASK]
            done = start = found.end()
        else:
            # Groups of four that are no card may be followed by one: `4000 4111 1111 1111 1111`.
            start = found.start() + 4
    return "".join(parts) + text[done:]


def _is_iban(text: str) -> bool:
    """ISO 13616: the check digits hold. Contract numbers look alike, and must stay readable."""
    compact = text.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1
