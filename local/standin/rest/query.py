"""query, queryAll and queryMore."""

from typing import Any

from ..errors import ApiError
from ..soql import parse
from ..soql.tree import Call as Function
from ..soql.tree import Item, Path
from .call import Call, Reply


def query(call: Call) -> Reply:
    """GET query?q= (and with `columns=true` its column metadata)."""
    return _query(call, deleted=False)


def query_all(call: Call) -> Reply:
    """GET queryAll?q=: deleted and merged rows too."""
    return _query(call, deleted=True)


def _query(call: Call, *, deleted: bool) -> Reply:
    statement = call.args.get("q")
    if statement is None:
        raise ApiError("MALFORMED_QUERY", "SOQL query string has to be specified")
    if call.args.get("columns") == "true":
        return Reply(body=_columns(call, statement))
    page = call.org.queries.run(
        statement, call.viewer, call.base, deleted=deleted, batch=call.batch_size()
    )
    return Reply(body=page)


def more(call: Call, locator: str) -> Reply:
    """GET query/<locator>: the next page."""
    page = call.org.queries.more(locator, call.viewer, call.base, call.batch_size())
    return Reply(body=page)


def _columns(call: Call, statement: str) -> dict[str, Any]:
    compiled = call.org.queries.compiled(statement, call.viewer)
    return {
        "columnMetadata": [_column(item) for item in parse(statement).items],
        "entityName": compiled.sobject.name,
        "groupBy": False,
        "idSelected": True,
        "keyPrefix": compiled.sobject.prefix,
    }


def _column(item: Item) -> dict[str, Any]:
    value = item.value
    if isinstance(value, Path):
        return _path_column(list(value.parts))
    aggregate = isinstance(value, Function)
    name = value.name if isinstance(value, Function) else value.source.text
    column = _leaf(item.alias or name)
    column["aggregate"] = not aggregate
    if not isinstance(value, Function):
        column["joinColumns"] = [_column(inner) for inner in value.items]
    return column


def _path_column(parts: list[str]) -> dict[str, Any]:
    column = _leaf(parts[0])
    if len(parts) > 1:
        column["joinColumns"] = [_path_column(parts[1:])]
        column["foreignKeyName"] = parts[0]
    return column


def _leaf(name: str) -> dict[str, Any]:
    return {
        "aggregate": False,
        "apexType": "String",
        "booleanType": False,
        "columnName": name,
        "custom": name.endswith("__c"),
        "displayName": name,
        "foreignKeyName": None,
        "insertable": True,
        "joinColumns": [],
        "numberType": False,
        "textType": True,
        "updatable": True,
    }
