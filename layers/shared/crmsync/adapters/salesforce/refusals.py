"""Every Salesforce error code we know, in plain words: what happened, what helps, what to do next.

Codes come from the REST API's documented status codes and from recorded replies. A code that is
not listed counts as a refusal of the record, with Salesforce's own sentence.
"""

from __future__ import annotations

from crmsync.adapters.salesforce.refusal import Kind, Refusal


def _record(code: str, message: str, remedy: str) -> Refusal:
    return Refusal(Kind.RECORD, code, message, remedy)


_ADMIN = "Ask your Salesforce administrator."
_RULE = _record(
    "refused_by_rule",
    "A validation rule of your CRM refused the record.",
    "Correct the value it names, or ask your Salesforce administrator to change the rule.",
)
_ACCESS = _record(
    "no_access",
    "The connected user may not change this record.",
    "Ask your Salesforce administrator for edit access to it, or have its owner change it.",
)
_GONE = _record(
    "gone",
    "The record was deleted, merged or moved out of sight.",
    "It is looked at again in the next sync.",
)
_TOO_LONG = _record(
    "value_too_long",
    "A value is longer than its CRM field.",
    "Shorten it; nothing is cut off for you.",
)
_PICKLIST = _record(
    "value_not_in_list",
    "A value is not in the list of values its CRM field allows.",
    "Choose a listed value, or ask your Salesforce administrator to add it.",
)
_INVALID = _record("invalid_value", "A value does not fit its CRM field.", "Correct the value.")
_READ_ONLY = _record(
    "field_not_writable",
    "The connected user may not edit one of the fields.",
    "Ask your Salesforce administrator for edit access, or switch the field off.",
)
_AUTOMATION = _record(
    "refused_by_automation",
    "An automation in your CRM stopped the change.",
    "Its message says why; your Salesforce administrator can change it.",
)
_LOCKED = Refusal(
    Kind.PASSING,
    "row_locked",
    "Somebody else was writing to the same record.",
    "It is tried again.",
)
_BUSY = Refusal(
    Kind.LATER, "crm_unavailable", "Your CRM did not answer properly.", "It is tried again later."
)
_SCHEMA = Refusal(
    Kind.SCHEMA,
    "schema_changed",
    "A field or object is no longer there, or no longer visible to the connected user.",
    "Ask your Salesforce administrator to restore access, or switch the field off.",
)


def _stopped(code: str, message: str, remedy: str) -> Refusal:
    return Refusal(Kind.STOPPED, code, message, remedy)


REFUSALS: dict[str, Refusal] = {
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": _RULE,
    "FIELD_FILTER_VALIDATION_EXCEPTION": _RULE,
    "FIELD_INTEGRITY_EXCEPTION": _INVALID,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _AUTOMATION,
    "CANNOT_EXECUTE_FLOW_TRIGGER": _AUTOMATION,
    "APEX_ERROR": _AUTOMATION,
    "REQUIRED_FIELD_MISSING": _record(
        "required_field_missing",
        "Your CRM requires a field that is empty.",
        "Fill it in, or ask your Salesforce administrator to make it optional.",
    ),
    "STRING_TOO_LONG": _TOO_LONG,
    "DATA_TOO_LARGE": _TOO_LONG,
    "INVALID_EMAIL_ADDRESS": _record(
        "invalid_email", "Your CRM does not accept the e-mail address.", "Correct the address."
    ),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": _PICKLIST,
    "NUMBER_OUTSIDE_VALID_RANGE": _INVALID,
    "INVALID_TYPE_ON_FIELD_IN_RECORD": _INVALID,
    "JSON_PARSER_ERROR": _INVALID,
    "DUPLICATES_DETECTED": _record(
        "duplicate_rule",
        "A duplicate rule of your CRM found somebody like this already.",
        "Choose the existing person, or confirm that this is somebody else.",
    ),
    "DUPLICATE_VALUE": _record(
        "duplicate_value",
        "Another record has this value, and the CRM field must be unique.",
        "Open the other record, or correct the value.",
    ),
    "DUPLICATE_EXTERNAL_ID": _record(
        "duplicate_external_id",
        "Several CRM records carry the same sync id.",
        "Clear the sync id on all but one of them.",
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": _READ_ONLY,
    "INSUFFICIENT_ACCESS": _ACCESS,
    "INSUFFICIENT_ACCESS_OR_READONLY": _ACCESS,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _ACCESS,
    "CANNOT_UPDATE_CONVERTED_LEAD": _record(
        "lead_converted",
        "The lead was converted into a contact.",
        "The next sync continues with the contact.",
    ),
    "ENTITY_IS_LOCKED": _record(
        "record_locked",
        "The record is locked by an approval in your CRM.",
        "It can be changed once the approval has ended.",
    ),
    "ENTITY_IS_DELETED": _GONE,
    "INVALID_CROSS_REFERENCE_KEY": _GONE,
    "NOT_FOUND": _GONE,
    "MALFORMED_ID": _GONE,
    "STORAGE_LIMIT_EXCEEDED": _record(
        "storage_full",
        "Your CRM has no storage left.",
        "Free some storage in Salesforce or buy more.",
    ),
    "UNABLE_TO_LOCK_ROW": _LOCKED,
    "SERVER_UNAVAILABLE": _BUSY,
    "UNKNOWN_EXCEPTION": _BUSY,
    "QUERY_TIMEOUT": Refusal(
        Kind.LATER, "crm_slow", "Your CRM took too long to answer.", "It is tried again later."
    ),
    "INVALID_QUERY_LOCATOR": Refusal(
        Kind.PASSING, "page_expired", "A page of results expired.", "The page is asked for again."
    ),
    "REQUEST_LIMIT_EXCEEDED": Refusal(
        Kind.QUOTA,
        "api_quota_spent",
        "Your CRM allows no more API calls for now.",
        "Sync continues when calls are free again; your administrator can buy more.",
    ),
    "INVALID_SESSION_ID": Refusal(
        Kind.SESSION, "session_refused", "Your CRM no longer accepts the sign-in.", "Connect again."
    ),
    "API_DISABLED_FOR_ORG": _stopped(
        "api_disabled",
        "Your CRM edition or user has no API access.",
        "Ask your Salesforce administrator to give the user the permission 'API Enabled'.",
    ),
    "API_CURRENTLY_DISABLED": _stopped(
        "api_disabled",
        "API access is switched off for your CRM.",
        "Ask your Salesforce administrator to switch it on.",
    ),
    "ORG_LOCKED": _stopped("inactive_org", "Your CRM org is locked.", _ADMIN),
    "INACTIVE_ORG": _stopped("inactive_org", "Your CRM org is not active.", _ADMIN),
    "UNSUPPORTED_API_VERSION": _stopped(
        "api_version_retired",
        "Your CRM no longer offers the API version we use.",
        "Tell the operator of crmsync.",
    ),
    "INVALID_FIELD": _SCHEMA,
    "INVALID_TYPE": _SCHEMA,
}
UNKNOWN = _record("refused", "Your CRM refused the record.", "Its own message says why.")


def refusal(code: str) -> Refusal:
    """What a Salesforce error code means to us."""
    return REFUSALS.get(code, UNKNOWN)
