"""The org's own rules, given as data in its settings.

- `normalisations` `[{object, field, steps}]`: applied to what is written before it is stored
- `validation_rules` `[{object, name, error_when, message, field?}]`: `error_when` is a SOQL
  condition read on the row as stored
- `duplicate_rules` `[{object, name, match: [fields], allow_save, message?}]`: among the records
  the user may see
- `automations` `[{object, when?, set: {field: {steps}|{value}|{copy}}}]`: a second write by the
  automation user right after ours, where `when` is a SOQL condition
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from ..schema import SObject
from .store import Row

if TYPE_CHECKING:
    from ..org import Org
    from .writer import Writer

_DEFAULT_MESSAGE = "Use one of these records?"


def _phone(text: str) -> str:
    """A North American number in the form (617) 555-0199; any other as it is."""
    match = re.fullmatch(r"1?(\d{3})(\d{3})(\d{4})", re.sub(r"\D", "", text))
    return f"({match[1]}) {match[2]}-{match[3]}" if match else text


_STEPS: dict[str, Callable[[str], str]] = {
    "trim": str.strip,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "phone": _phone,
}


def _stepped(value: Any, steps: list[str]) -> Any:
    for step in steps:
        value = _STEPS[step](value) if isinstance(value, str) else value
    return value


def normalised(org: "Org", sobject: SObject, values: Row) -> Row:
    """The values as the org's normalisations leave them."""
    for rule in org.rules("normalisations", sobject.name):
        if rule["field"] in values:
            values[rule["field"]] = _stepped(values[rule["field"]], rule["steps"])
    return values


def validate(writer: "Writer", sobject: SObject, record_id: str) -> None:
    """FIELD_CUSTOM_VALIDATION_EXCEPTION when a validation rule's condition holds."""
    for rule in writer.org.rules("validation_rules", sobject.name):
        if writer.org.matches(sobject, record_id, rule["error_when"]):
            fields = [rule["field"]] if rule.get("field") else []
            raise ApiError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule["message"], fields)


def refuse_duplicates(
    writer: "Writer", sobject: SObject, row: Row, changes: Mapping[str, Any] | None = None
) -> None:
    """DUPLICATES_DETECTED when a duplicate rule finds other records with the same values."""
    for rule in writer.org.rules("duplicate_rules", sobject.name):
        names = rule["match"]
        if changes is not None and not any(name in changes for name in names):
            continue
        if any(row.get(name) in (None, "") for name in names):
            continue
        if rule.get("allow_save", True) and writer.options.allow_duplicates:
            continue
        where = " AND ".join(f'"{name}" = ?' for name in names)
        values = [row[name] for name in names]
        seen = writer.viewer.rows(sobject, sobject.name)
        found = writer.store.find(
            sobject.name, f"{where} AND Id != ? AND IsDeleted = 0 AND {seen}", [*values, row["Id"]]
        )
        if found:
            raise _duplicate(writer, sobject, rule, [str(other["Id"]) for other in found])


def _duplicate(
    writer: "Writer", sobject: SObject, rule: dict[str, Any], found: list[str]
) -> ApiError:
    message = rule.get("message", _DEFAULT_MESSAGE)
    match = {
        "entityType": sobject.name,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": [_match(writer, sobject, record_id) for record_id in found],
        "rule": rule.get("matching_rule", rule["name"]),
        "size": len(found),
        "success": True,
    }
    result = {
        "allowSave": rule.get("allow_save", True),
        "duplicateRule": rule["name"],
        "duplicateRuleEntityType": sobject.name,
        "errorMessage": message,
        "matchResults": [match],
    }
    extra = {writer.org.knobs.duplicate_result_key: result}
    return ApiError("DUPLICATES_DETECTED", message, extra=extra)


def _match(writer: "Writer", sobject: SObject, record_id: str) -> dict[str, Any]:
    url = f"/services/data/v{writer.org.latest_version}/sobjects/{sobject.name}/{record_id}"
    return {
        "additionalInformation": [],
        "fieldDiffs": [],
        "matchConfidence": 100.0,
        "record": {"attributes": {"type": sobject.name, "url": url}, "Id": record_id},
    }


def run_automations(writer: "Writer", touched: list[tuple[str, str]]) -> None:
    """Do what the org's automations do after records were written."""
    for name, record_id in touched:
        for rule in writer.org.rules("automations", name):
            _automate(writer, writer.schema[name], record_id, rule)


def _automate(writer: "Writer", sobject: SObject, record_id: str, rule: dict[str, Any]) -> None:
    when = rule.get("when")
    if when and not writer.org.matches(sobject, record_id, when):
        return
    row = writer.store.get(sobject.name, record_id)
    if row is None or row["IsDeleted"]:
        return
    wanted = {name: _automated(row, name, how) for name, how in rule["set"].items()}
    changes = {name: value for name, value in wanted.items() if row[name] != value}
    if changes:
        writer.org.automation_writer().store_changes(sobject, row, changes)


def _automated(row: Row, name: str, how: dict[str, Any]) -> Any:
    source = row[how["copy"]] if "copy" in how else row[name]
    return _stepped(how.get("value", source), how.get("steps", []))
