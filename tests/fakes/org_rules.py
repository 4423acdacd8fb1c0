"""What an org does to values: refuses them, rewrites them, and finds them too much alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from crmsync.domain.fields import PHONE_FIELDS
from crmsync.domain.person import Person

Refusal = tuple[str, str]
"""Code, as the CRM adapter words it, and a sentence."""
Rule = Callable[[Person | None, Mapping[str, str]], Refusal | None]
"""A validation rule: it gets the person before the write, None for a new one, and the values."""
Normalise = Callable[[str, str], str]
"""What becomes of the value of a field as it is stored."""
Automation = Callable[[Person], Mapping[str, str]]
"""What else the org changes whenever a person is saved."""

LENGTHS = {
    "salutation": 40,
    "first_name": 40,
    "last_name": 80,
    "email": 80,
    "title": 128,
    "phone": 40,
    "mobile_phone": 40,
    "street": 255,
    "city": 40,
    "state": 80,
    "postal_code": 20,
    "country": 80,
}


def shape_problem(values: Mapping[str, str]) -> Refusal | None:
    """The first value that does not fit its field."""
    for name, value in values.items():
        if len(value) > LENGTHS.get(name, 255):
            return ("value_too_long", f"{name}: {len(value)} characters are too many.")
    email, birthdate = values.get("email"), values.get("birthdate")
    if email and ("@" not in email.strip("@") or " " in email.strip()):
        return ("invalid_email", f"email: {email} is no address.")
    if birthdate and not _is_date(birthdate):
        return ("invalid_value", f"birthdate: {birthdate} is no date.")
    return None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def alike(rule: str, person: Person, values: Mapping[str, str]) -> bool:
    """Whether a duplicate rule, `email` or `email_name`, takes the two for one."""
    names = ("first_name", "last_name")
    same_name = all(person.value(n).casefold() == values.get(n, "").casefold() for n in names)
    return same_name or rule == "email"


def formats_phones(name: str, value: str) -> str:
    """A `Normalise` that writes ten digits the American way."""
    digits = "".join(filter(str.isdigit, value))
    if name not in PHONE_FIELDS or len(digits) != 10:
        return value
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def lowers_email(name: str, value: str) -> str:
    """A `Normalise` that keeps addresses in lower case."""
    return value.lower() if name == "email" else value


def both(*steps: Normalise) -> Normalise:
    """One `Normalise` after the other."""

    def normalise(name: str, value: str) -> str:
        for step in steps:
            value = step(name, value)
        return value

    return normalise
