"""Date literals (TODAY, LAST_N_DAYS:30, ...) as half-open ranges of days, weeks from Sunday."""

from datetime import date, timedelta

Range = tuple[date, date]


def resolve(literal: str, today: date) -> Range:
    """The days a date literal covers: first day, and the day after the last."""
    name, _, number = literal.upper().partition(":")
    day = timedelta(days=1)
    if name in _DAYS:
        start = today + timedelta(days=_DAYS[name])
        return start, start + day
    if name in ("LAST_90_DAYS", "NEXT_90_DAYS"):
        name, number = name.replace("90", "N"), "90"
    if name == "LAST_N_DAYS":
        return today - int(number) * day, today + day
    if name == "NEXT_N_DAYS":
        return today + day, today + (int(number) + 1) * day
    return _units(name, int(number or 1), today)


_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}


def _units(name: str, count: int, today: date) -> Range:
    words = name.split("_")
    if words[-1] == "AGO":
        unit, first, last = words[1], -count, -count
    else:
        unit = words[-1]
        first, last = {"LAST": (-count, -1), "THIS": (0, 0), "NEXT": (1, count)}[words[0]]
    unit = unit.removesuffix("S")
    return _shift(today, unit, first), _shift(today, unit, last + 1)


def _shift(today: date, unit: str, by: int) -> date:
    """The first day of the unit `by` units away from today's."""
    if unit == "DAY":
        return today + timedelta(days=by)
    if unit == "WEEK":
        return today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=by)
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    index = (today.year * 12 + today.month - 1) // months * months + by * months
    return date(index // 12, index % 12 + 1, 1)
