"""getUpdated and getDeleted."""

import re
from datetime import UTC, datetime, timedelta

from ..clock import stamp
from ..errors import ApiError
from .call import Call, Reply

UPDATED_DAYS = 30
MAX_IDS = 600_000


def updated(call: Call, name: str) -> Reply:
    """GET sobjects/<object>/updated/?start=&end=: ids by SystemModstamp."""
    sobject = call.sobject(name)
    start, end = _window(call, UPDATED_DAYS)
    condition = call.viewer.rows(sobject, "t0")
    sql = (
        f"SELECT t0.Id FROM {sobject.name} t0 WHERE t0.IsDeleted = 0 AND t0.SystemModstamp >= ? "
        f"AND t0.SystemModstamp < ? AND {condition} ORDER BY t0.SystemModstamp, t0.Id"
    )
    found = [row[0] for row in call.org.store.select(sql, [stamp(start), stamp(end)])]
    if len(found) > MAX_IDS:
        raise ApiError("EXCEEDED_ID_LIMIT", f"More than {MAX_IDS} ids")
    return Reply(body={"ids": found, "latestDateCovered": stamp(_covered(call, end))})


def deleted(call: Call, name: str) -> Reply:
    """GET sobjects/<object>/deleted/?start=&end=: what went to the recycle bin."""
    sobject = call.sobject(name)
    bin_days = call.org.knobs.recycle_bin_days
    start, end = _window(call, UPDATED_DAYS)
    oldest = call.org.clock.now() - timedelta(days=bin_days)
    condition = call.viewer.rows(sobject, "t0")
    sql = (
        f"SELECT t0.Id, t0.SystemModstamp FROM {sobject.name} t0 WHERE t0.IsDeleted = 1 "
        f"AND t0.SystemModstamp >= ? AND t0.SystemModstamp < ? AND {condition} "
        "ORDER BY t0.SystemModstamp, t0.Id"
    )
    rows = call.org.store.select(sql, [stamp(max(start, oldest)), stamp(end)])
    return Reply(
        body={
            "deletedRecords": [{"deletedDate": when, "id": found} for found, when in rows],
            "earliestDateAvailable": stamp(oldest),
            "latestDateCovered": stamp(_covered(call, end)),
        }
    )


def _covered(call: Call, end: datetime) -> datetime:
    lag = timedelta(seconds=call.org.knobs.replication_lag_seconds)
    return min(end, call.org.clock.now() - lag)


def _window(call: Call, days: int) -> tuple[datetime, datetime]:
    start, end = _moment(call, "start"), _moment(call, "end")
    if start >= end:
        raise ApiError("INVALID_REPLICATION_DATE", "startDate before endDate is required")
    if start < call.org.clock.now() - timedelta(days=days):
        text = f"startDate cannot be more than {days} days ago"
        raise ApiError("INVALID_REPLICATION_DATE", text)
    return start, end


def _moment(call: Call, name: str) -> datetime:
    """The parameter, whole minutes (a + that arrived as a space is taken for what it was)."""
    text = call.args.get(name, "").replace("Z", "+00:00").replace(" ", "+")
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ApiError("INVALID_REPLICATION_DATE", f"{name} is not a date: {text!r}") from None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(second=0, microsecond=0)
