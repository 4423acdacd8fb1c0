"""Reads an org's schema: compact files that extend one another, laid over recorded describes."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .compact import ExpandedField, expand_field
from .model import Field, Schema, SObject

_AUDIT: dict[str, str] = {
    "Id": "id system ro",
    "IsDeleted": "boolean system ro | Deleted",
    "CreatedDate": "datetime system ro",
    "CreatedById": "ref(User):CreatedBy system ro",
    "LastModifiedDate": "datetime system ro",
    "LastModifiedById": "ref(User):LastModifiedBy system ro",
    "SystemModstamp": "datetime system ro",
}
_FLAGS = {
    "activateable": False,
    "compactLayoutable": True,
    "createable": True,
    "customSetting": False,
    "deepCloneable": False,
    "deletable": True,
    "deprecatedAndHidden": False,
    "feedEnabled": False,
    "hasSubtypes": False,
    "isInterface": False,
    "isSubtype": False,
    "layoutable": True,
    "mergeable": False,
    "mruEnabled": True,
    "queryable": True,
    "replicateable": True,
    "retrieveable": True,
    "searchable": True,
    "triggerable": True,
    "undeletable": True,
    "updateable": True,
}
_NULLS = {
    "associateEntityType": None,
    "associateParentEntity": None,
    "defaultImplementation": None,
    "extendedBy": None,
    "extendsInterfaces": None,
    "implementedBy": None,
    "implementsInterfaces": None,
    "listviewable": None,
    "lookupLayoutable": None,
    "networkScopeFieldName": None,
}


def load_schema(compact: Path, recorded: Iterable[Path] = ()) -> Schema:
    """The schema of one org.

    `compact` is a compact schema file; `recorded` are describe documents as an org answered them,
    which the compact file then only completes: a field the recording has stays as recorded.
    """
    specs = _read(compact)["objects"]
    described = [json.loads(path.read_text()) for path in recorded]
    objects = {doc["name"]: _from_describe(doc) for doc in described if "fields" in doc}
    for name, spec in specs.items():
        if name in objects:
            _overlay(objects[name], spec)
        else:
            objects[name] = _from_compact(name, spec)
    _connect(objects, specs)
    return Schema(objects.values())


def _read(path: Path) -> dict[str, Any]:
    """One compact file with the files it extends merged in."""
    content: dict[str, Any] = json.loads(path.read_text())
    base = content.get("extends")
    if base is None:
        return content
    merged = _read(path.parent / base)
    for name in content.get("without", []):
        merged["objects"].pop(name, None)
    for name, spec in content.get("objects", {}).items():
        known = merged["objects"].setdefault(name, {"fields": {}})
        fields = {**known["fields"], **spec.get("fields", {})}
        kept = {key: value for key, value in fields.items() if value is not None}
        merged["objects"][name] = {**known, **spec, "fields": kept}
    return merged


def _from_describe(document: dict[str, Any]) -> SObject:
    fields = {item["name"].lower(): Field(item) for item in document["fields"]}
    rest = {key: value for key, value in document.items() if key != "fields"}
    children = {
        item["relationshipName"].lower(): (item["childSObject"], item["field"])
        for item in rest.get("childRelationships", [])
        if item.get("relationshipName")
    }
    return SObject(rest, fields, recorded=True, children=children)


def _overlay(known: SObject, spec: dict[str, Any]) -> None:
    for name, field_spec in spec.get("fields", {}).items():
        if not known.has(name):
            known.fields[name.lower()] = _field(expand_field(name, field_spec))


def _from_compact(name: str, spec: dict[str, Any]) -> SObject:
    specs = {**_AUDIT, **spec.get("fields", {})} if spec.get("audit", True) else spec["fields"]
    fields = {key.lower(): _field(expand_field(key, value)) for key, value in specs.items()}
    document: dict[str, Any] = {
        "name": name,
        "label": spec.get("label", name),
        "labelPlural": spec.get("plural", spec.get("label", name) + "s"),
        "keyPrefix": spec.get("prefix"),
        "custom": name.endswith("__c"),
        "actionOverrides": [],
        "namedLayoutInfos": [],
        "searchLayoutable": True,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [
            {"label": "All", "name": "everything"},
            {"label": "Mine", "name": "mine"},
        ],
        "childRelationships": [],
        "recordTypeInfos": [],
        **_FLAGS,
        **_NULLS,
    }
    document.update({key: spec[key] for key in _FLAGS if key in spec})
    return SObject(document, fields)


def _field(expanded: ExpandedField) -> Field:
    return Field(expanded.document, tuple(expanded.derived))


def _connect(objects: dict[str, SObject], specs: dict[str, Any]) -> None:
    """Give every parent the child relationships the compact references name."""
    for name, spec in specs.items():
        for field_name, field_spec in spec.get("fields", {}).items():
            expanded = expand_field(field_name, field_spec)
            for target in expanded.document["referenceTo"]:
                if target in objects and expanded.child:
                    _add_child(objects[target], name, field_name, expanded.child)


def _add_child(parent: SObject, child: str, field_name: str, relation: str) -> None:
    if relation.lower() in parent.children:
        return
    parent.children[relation.lower()] = (child, field_name)
    parent.document["childRelationships"].append(
        {
            "cascadeDelete": False,
            "childSObject": child,
            "deprecatedAndHidden": False,
            "field": field_name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": relation,
            "restrictedDelete": False,
        }
    )
