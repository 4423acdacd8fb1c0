"""Conversions between the API's stamps and HTTP dates."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime


def moment(stamp: str) -> datetime:
    """The datetime of an API stamp."""
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.000%z").astimezone(UTC)


def http_date(stamp: str) -> str:
    """An API stamp as an HTTP date."""
    return format_datetime(moment(stamp), usegmt=True)


def is_after(stamp: str, header: str) -> bool:
    """Whether a stamp is later than an HTTP date header; an unreadable header is in the past."""
    try:
        return moment(stamp) > parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return True
