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

BLANK: dict[str, Any] = {
    "aggregatable": True,
    "aiPredictionField": False,
    "autoNumber": False,
    "byteLength": 0,
    "calculated": False,
    "calculatedFormula": None,
    "cascadeDelete": False,
    "caseSensitive": False,
    "compoundFieldName": None,
    "controllerName": None,
    "createable": True,
    "custom": False,
    "defaultValue": None,
    "defaultValueFormula": None,
    "defaultedOnCreate": False,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "digits": 0,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "externalId": False,
    "extraTypeInfo": None,
    "filterable": True,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "groupable": True,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "idLookup": False,
    "inlineHelpText": None,
    "label": "",
    "length": 0,
    "mask": None,
    "maskType": None,
    "name": "",
    "nameField": False,
    "namePointing": False,
    "nillable": True,
    "permissionable": True,
    "picklistValues": [],
    "polymorphicForeignKey": False,
    "precision": 0,
    "queryByDistance": False,
    "referenceTargetField": None,
    "referenceTo": [],
    "relationshipName": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "restrictedPicklist": False,
    "scale": 0,
    "searchPrefilterable": False,
    "soapType": "xsd:string",
    "sortable": True,
    "type": "string",
    "unique": False,
    "updateable": True,
    "writeRequiresMasterRead": False,
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
    if kind in _NUMBERS:
        document.update(precision=18, scale=int(size or 0))
    elif kind == "int":
        document.update(digits=int(size or 9))
    elif kind in ("boolean", "address"):
        document.update(aggregatable=False)
    else:
        _set_length(document, kind, int(size) if size else _LENGTH.get(kind, 0))
    if kind == "boolean":
        document.update(nillable=False, defaultedOnCreate=True, defaultValue=False)
    if kind == "address":
        document.update(createable=False, updateable=False, sortable=False, queryByDistance=True)


def _set_length(document: dict[str, Any], kind: str, length: int) -> None:
    width = 1 if kind in ("id", "reference") else 3
    document.update(length=length, byteLength=length * width)
    if kind == "textarea":
        document.update(extraTypeInfo="plaintextarea")
        if length > 255:
            document.update(filterable=False, sortable=False, groupable=False, aggregatable=False)


def _set_flag(document: dict[str, Any], flag: str) -> None:
    key, _, value = flag.partition("=")
    if key in ("ro", "from"):
        document.update(createable=False, updateable=False)
    elif key == "create":
        document.update(updateable=False)
    elif key == "required":
        document.update(nillable=False, permissionable=False)
    elif key == "system":
        document.update(nillable=False, defaultedOnCreate=True, permissionable=False)
    elif key == "ext":
        document.update(externalId=True, unique=True, idLookup=True)
    elif key in _SIMPLE_FLAGS:
        document[_SIMPLE_FLAGS[key]] = True
    elif key == "in":
        document["compoundFieldName"] = value
    else:
        raise ValueError(f"schema field {document['name']!r}: unknown flag {flag!r}")


_SIMPLE_FLAGS = {
    "unique": "unique",
    "idlookup": "idLookup",
    "name": "nameField",
    "restricted": "restrictedPicklist",
    "calculated": "calculated",
}


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
