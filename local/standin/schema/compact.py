"""The compact schema notation, expanded to the field documents of a full describe.

A field is written `"type(size) flag flag ... | Label"`, or an object whose `is` holds that text
beside `values` (picklist values, the default one ending in `*`), `default` and `label`:

- `required`: not nillable and not defaulted; `ro`: never writeable; `create`: create only
- `ref(User,Group):Owner<Contacts`: reference, relationship name, child relationship name
- `in=MailingAddress`: component of a compound field; `from=Contact.Email,Lead.Email`: derived
- `ext`: unique external id; `unique`; `idlookup`; `name`: the name field; `restricted`
"""

import re
from typing import Any

from .blank import BLANK

_SPEC = re.compile(
    r"^(?P<type>\w+)(?:\((?P<size>[^)]*)\))?(?::(?P<relation>\w+))?(?:<(?P<child>\w+))?$"
)
_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
_LENGTH = {"phone": 40, "email": 80, "url": 255, "picklist": 255, "id": 18, "reference": 18}
_NUMBERS = ("double", "currency", "percent")
_UNGROUPABLE = ("datetime", "address", *_NUMBERS)
_LONGEST_FILTERABLE = 255
_READ_ONLY = {"createable": False, "updateable": False}
_OF_TYPE: dict[str, dict[str, Any]] = {
    **{kind: {"precision": 18} for kind in _NUMBERS},
    "int": {"digits": 9},
    "boolean": {
        "aggregatable": False,
        "nillable": False,
        "defaultedOnCreate": True,
        "defaultValue": False,
    },
    "address": {
        **_READ_ONLY,
        "aggregatable": False,
        "sortable": False,
        "queryByDistance": True,
    },
}
_FLAGS: dict[str, dict[str, Any]] = {
    "ro": _READ_ONLY,
    "from": _READ_ONLY,
    "create": {"updateable": False},
    "required": {"nillable": False, "permissionable": False},
    "system": {"nillable": False, "defaultedOnCreate": True, "permissionable": False},
    "ext": {"externalId": True, "unique": True, "idLookup": True},
    "unique": {"unique": True},
    "idlookup": {"idLookup": True},
    "name": {"nameField": True},
    "restricted": {"restrictedPicklist": True},
}


class ExpandedField:
    """One expanded field: its describe document and what no describe document can say."""

    def __init__(self, document: dict[str, Any], derived: list[str], child: str | None) -> None:
        self.document = document
        self.derived = derived
        self.child = child


def expand_field(name: str, spec: str | dict[str, Any]) -> ExpandedField:
    """The full describe document of one compact field."""
    detail = spec if isinstance(spec, dict) else {"is": spec}
    text, _, label = str(detail["is"]).partition("|")
    head, *flags = text.split()
    match = _SPEC.match(head)
    if match is None:
        raise ValueError(f"schema field {name!r}: cannot read the type {head!r}")
    document = {
        **BLANK,
        "name": name,
        "label": label.strip() or detail.get("label") or _label(name),
    }
    document["custom"] = name.endswith(("__c", "__pc"))
    _set_type(document, match["type"], match["size"], match["relation"])
    derived = [path for flag in flags if flag.startswith("from=") for path in flag[5:].split(",")]
    for flag in flags:
        _set_flag(document, flag)
    _set_values(document, detail)
    return ExpandedField(document, derived, match["child"])


def _set_type(document: dict[str, Any], kind: str, size: str | None, relation: str | None) -> None:
    if kind == "ref":
        targets = (size or "").split(",")
        many = len(targets) > 1
        document.update(referenceTo=targets, relationshipName=relation)
        document.update(namePointing=many, polymorphicForeignKey=many)
        kind, size = "reference", None
    document.update(type=kind, soapType=_SOAP.get(kind, "xsd:string"))
    document.update(groupable=kind not in _UNGROUPABLE)
    document.update(_OF_TYPE.get(kind, {}))
    if kind in _NUMBERS:
        document.update(scale=int(size or 0))
    elif kind not in _OF_TYPE:
        _set_length(document, kind, int(size) if size else _LENGTH.get(kind, 0))


def _set_length(document: dict[str, Any], kind: str, length: int) -> None:
    width = 1 if kind in ("id", "reference") else 3
    document.update(length=length, byteLength=length * width)
    if kind == "textarea":
        document.update(extraTypeInfo="plaintextarea")
        if length > _LONGEST_FILTERABLE:
            document.update(filterable=False, sortable=False, groupable=False, aggregatable=False)


def _set_flag(document: dict[str, Any], flag: str) -> None:
    key, _, value = flag.partition("=")
    if key == "in":
        document["compoundFieldName"] = value
    elif key in _FLAGS:
        document.update(_FLAGS[key])
    else:
        raise ValueError(f"schema field {document['name']!r}: unknown flag {flag!r}")


def _set_values(document: dict[str, Any], detail: dict[str, Any]) -> None:
    for text in detail.get("values", []):
        value = text.removesuffix("*")
        document["picklistValues"] = [
            *document["picklistValues"],
            {
                "active": True,
                "defaultValue": text.endswith("*"),
                "label": value,
                "validFor": None,
                "value": value,
            },
        ]
        if text.endswith("*"):
            document.update(defaultValue=value, defaultedOnCreate=True)
    if "default" in detail:
        document.update(defaultValue=detail["default"], defaultedOnCreate=True)


def _label(name: str) -> str:
    bare = re.sub(r"__(c|pc)$", "", name).replace("_", " ")
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare)
    return re.sub(r"\bId$", "ID", spaced)
