"""The fields a contact and a person share, and when two values of a field are the same.

Values are text; blank is the empty string, never None. Consent is not a field: see ``consent``.
Comparison is the same both ways, so what one side normalises does not look like an edit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

NAME_FIELDS = ("salutation", "first_name", "last_name")
ADDRESS_FIELDS = ("street", "city", "state", "postal_code", "country")
PHONE_FIELDS = ("phone", "mobile_phone")
FIELD_NAMES = (
    *NAME_FIELDS,
    "email",
    "title",
    "company",
    *PHONE_FIELDS,
    *ADDRESS_FIELDS,
    "birthdate",
)
READ_ONLY_IN_CRM = frozenset({"company"})
"""Company is the account's or lead's name: read for people, never written to the CRM."""


class FieldRule(StrEnum):
    """Who wins when both sides changed one field since they last agreed."""

    CRM_WINS = "crm_wins"
    MARKETING_WINS = "marketing_wins"
    NEWEST = "newest"
    CRM_UNLESS_BLANK = "crm_unless_blank"
    OFF = "off"


Values = Mapping[str, str]

_NOT_DIGITS = re.compile(r"\D")


def comparable(name: str, value: str) -> str:
    """`value` reduced to what matters when two sides are compared; idempotent."""
    text = _spaced(value)
    if name == "email":
        return text.casefold()
    if name in PHONE_FIELDS:
        return _phone(text)
    return text


def same(name: str, one: str, other: str) -> bool:
    """Whether the two values mean the same for this field."""
    return one == other or comparable(name, one) == comparable(name, other)


def loosely_same(one: str, other: str) -> bool:
    """Whether the values differ only in what a CRM normalises: case, spacing, punctuation."""
    return _letters(one) == _letters(other)


def address_key(email: str) -> str:
    """The normalised form of an e-mail address, used for matching and suppression."""
    return comparable("email", email)


def name_key(first_name: str, last_name: str) -> tuple[str, str]:
    """A person's name as compared when matching: case and spacing do not count."""
    return _spaced(first_name).casefold(), _spaced(last_name).casefold()


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _phone(text: str) -> str:
    """Digits only; a leading North American 1 is dropped, as CRMs add or remove it at will."""
    digits = _NOT_DIGITS.sub("", text)
    if len(digits) == 11 and digits.startswith("1"):  # noqa: PLR2004 - 1 + ten digits
        return digits[1:]
    return digits or text


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
