"""Describe documents, global and by object."""

import hashlib
import json
from typing import Any

from ..errors import ApiError
from ..schema import Field, SObject
from ..stamps import http_date, is_after
from .call import Call, Reply

_GLOBAL_KEYS = (
    "activateable",
    "associateEntityType",
    "associateParentEntity",
    "createable",
    "custom",
    "customSetting",
    "deepCloneable",
    "deletable",
    "deprecatedAndHidden",
    "feedEnabled",
    "hasSubtypes",
    "isInterface",
    "isSubtype",
    "keyPrefix",
    "label",
    "labelPlural",
    "layoutable",
    "mergeable",
    "mruEnabled",
    "name",
    "queryable",
    "replicateable",
    "retrieveable",
    "searchable",
    "triggerable",
    "undeletable",
    "updateable",
)
_SINCE = {
    "deepCloneable": 48,
    "defaultImplementation": 48,
    "extendedBy": 48,
    "extendsInterfaces": 48,
    "implementedBy": 48,
    "implementsInterfaces": 48,
    "isInterface": 48,
    "associateEntityType": 50,
    "associateParentEntity": 50,
}
_FIELD_SINCE = {"aiPredictionField": 48, "formulaTreatNullNumberAsZero": 48}


def summary(call: Call, sobject: SObject) -> dict[str, Any]:
    """An object as the global describe lists it."""
    document = sobject.document
    shown: dict[str, Any] = {key: document.get(key) for key in _GLOBAL_KEYS}
    shown.update(_permitted(call, sobject))
    base = f"{call.base}/sobjects/{sobject.name}"
    shown["urls"] = {
        "rowTemplate": f"{base}/{{ID}}",
        "describe": f"{base}/describe",
        "layouts": f"{base}/describe/layouts",
        "sobject": base,
    }
    return _of_version(shown, _SINCE, call)


def _permitted(call: Call, sobject: SObject) -> dict[str, bool]:
    names = ("createable", "updateable", "deletable")
    return {name: call.viewer.may(sobject, name) for name in names}


def _of_version(document: dict[str, Any], since: dict[str, int], call: Call) -> dict[str, Any]:
    version = float(call.version)
    return {key: value for key, value in document.items() if since.get(key, 0) <= version}


def global_describe(call: Call) -> Reply:
    """GET sobjects."""
    listed = [summary(call, item) for item in call.viewer.sobjects()]
    return _cached(call, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def describe(call: Call, name: str) -> Reply:
    """GET sobjects/<object>/describe."""
    return _cached(call, document(call, call.sobject(name)))


def document(call: Call, sobject: SObject) -> dict[str, Any]:
    """The full describe document as this user sees it; a recorded one keeps its own keys."""
    fields = [_field(call, sobject, item) for item in call.viewer.fields(sobject)]
    if sobject.recorded:
        return {**sobject.document, "fields": fields}
    shown = {
        **sobject.document,
        **_permitted(call, sobject),
        "childRelationships": _children(call, sobject),
        "fields": fields,
        "recordTypeInfos": _record_types(call, sobject),
        "urls": _urls(call, sobject),
    }
    return _of_version(shown, _SINCE, call)


def _field(call: Call, sobject: SObject, item: Field) -> dict[str, Any]:
    shown = dict(item.document)
    if f"{sobject.name}.{item.name}" in call.viewer.user.readonly_fields:
        shown.update(createable=False, updateable=False)
    return shown if sobject.recorded else _of_version(shown, _FIELD_SINCE, call)


def _children(call: Call, sobject: SObject) -> list[dict[str, Any]]:
    return [
        item
        for item in sobject.document["childRelationships"]
        if call.viewer.sobject(item["childSObject"]) is not None
    ]


def _record_types(call: Call, sobject: SObject) -> list[dict[str, Any]]:
    found = call.org.store.find("RecordType", "SobjectType = ? AND IsActive = 1", [sobject.name])
    infos = [
        _record_type(call, sobject, row["Id"], row["Name"], row["DeveloperName"], first=index == 0)
        for index, row in enumerate(found)
    ]
    master = "012000000000000AAA"
    infos.append(_record_type(call, sobject, master, "Master", "Master", first=not found))
    return infos


def _record_type(
    call: Call, sobject: SObject, row_id: str, name: str, developer_name: str, *, first: bool
) -> dict[str, Any]:
    layout = f"{call.base}/sobjects/{sobject.name}/describe/layouts/{row_id}"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": first,
        "developerName": developer_name,
        "master": name == "Master",
        "name": name,
        "recordTypeId": row_id,
        "urls": {"layout": layout},
    }


def _urls(call: Call, sobject: SObject) -> dict[str, str]:
    base = f"{call.base}/sobjects/{sobject.name}"
    page = call.org.instance_url
    return {
        "compactLayouts": f"{base}/describe/compactLayouts",
        "rowTemplate": f"{base}/{{ID}}",
        "approvalLayouts": f"{base}/describe/approvalLayouts",
        "uiDetailTemplate": f"{page}/{{ID}}",
        "uiEditTemplate": f"{page}/{{ID}}/e",
        "uiNewRecord": f"{page}/{sobject.document['keyPrefix']}/e",
        "listviews": f"{base}/listviews",
        "describe": f"{base}/describe",
        "quickActions": f"{base}/quickActions",
        "layouts": f"{base}/describe/layouts",
        "sobject": base,
    }


def _cached(call: Call, body: dict[str, Any]) -> Reply:
    """A describe with its validators; 304 when nothing changed since the header's date."""
    tag = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:8]
    key = (call.viewer.user.id, call.version, call.path.split("?")[0])
    changed = call.org.describe_changed(key, tag)
    headers = {"ETag": f'"{tag}"', "Last-Modified": http_date(changed)}
    since = call.headers.get("if-modified-since")
    same_tag = call.headers.get("if-none-match") == f'"{tag}"'
    if same_tag or (since and not is_after(changed, since)):
        return Reply(304, headers=headers)
    return Reply(body=body, headers=headers)


def layouts(call: Call, name: str) -> Reply:
    """Layouts are not part of the stand-in."""
    call.sobject(name)
    raise ApiError("NOT_FOUND", "The requested resource does not exist")
