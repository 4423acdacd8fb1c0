"""Refusals, in the forms Salesforce gives them."""

from collections.abc import Iterable
from typing import Any

_STATUS = {
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": 403,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_CURRENTLY_DISABLED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "INVALID_SESSION_ID": 401,
    "METHOD_NOT_ALLOWED": 405,
    "PRECONDITION_FAILED": 412,
    "UNSUPPORTED_MEDIA_TYPE": 415,
}


class ApiError(Exception):
    """One refused call or record.

    `extra` holds further keys of the error object (the duplicate result, for one).
    """

    def __init__(
        self,
        code: str,
        message: str,
        fields: Iterable[str] | None = None,
        status: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = list(fields) if fields is not None else None
        self.status = status or _STATUS.get(code, 400)
        self.extra = extra or {}

    def as_row(self) -> dict[str, Any]:
        """The error as single-record resources answer it (`errorCode`)."""
        row: dict[str, Any] = {**self.extra, "message": self.message, "errorCode": self.code}
        if self.fields is not None:
            row["fields"] = self.fields
        return row

    def as_collection_error(self) -> dict[str, Any]:
        """The error inside an sObject Collections result (`statusCode`, fields always there)."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or []}


class OAuthError(Exception):
    """A refusal of the OAuth endpoints: {"error", "error_description"}."""

    status = 400

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


def not_found() -> ApiError:
    """The record does not exist, is in the recycle bin, or may not be seen."""
    return ApiError("NOT_FOUND", "The requested resource does not exist")


def no_such_column(field: str, sobject: str) -> ApiError:
    """A write or a field list names a field the object (or this user) does not have."""
    return ApiError("INVALID_FIELD", f"No such column '{field}' on sobject of type {sobject}")


def not_writeable(fields: Iterable[str]) -> ApiError:
    """A write names fields the user may not set in this operation."""
    names = list(fields)
    text = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings "
        "of this field and verify that it is read/write for your profile or permission set."
    )
    return ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", text, names)
