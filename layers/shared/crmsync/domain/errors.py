"""The error tree. What a caller must do decides the class; the code says what happened.

::

    CrmSyncError
    |-- Retry               transient: the same call may succeed in a moment
    |-- Defer               not now: keep the checkpoint and come back after `seconds`
    |-- RecordRefused       this record cannot be written; park it, the others go on
    |-- ConnectionStopped   a person has to act before this connection can work again
    |-- LeaseLost           another worker holds the connection; stop without writing
    `-- RequestError        the caller of the API asked for something we cannot do
        |-- Invalid (422)  |-- NotFound (404)  |-- Forbidden (403)  |-- Conflict (409)
        `-- TooMany (429)
"""

from __future__ import annotations

from dataclasses import dataclass


class CrmSyncError(Exception):
    """Base of all errors raised on purpose. `code` is stable; `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Retry(CrmSyncError):
    """The call failed in passing and may be repeated. `applied` is None when nobody can know."""

    def __init__(self, code: str, detail: str, *, applied: bool | None = False) -> None:
        super().__init__(code, detail)
        self.applied = applied


class Defer(CrmSyncError):
    """Nothing can be done now; work continues from the checkpoint after `seconds`."""

    def __init__(self, code: str, detail: str, *, seconds: int) -> None:
        super().__init__(code, detail)
        self.seconds = seconds


class RecordRefused(CrmSyncError):
    """One record was refused; the sentence in `detail` is the CRM's, shortened."""


class ConnectionStopped(CrmSyncError):
    """The connection needs a person: re-authorise, restore a permission, pick another org."""


class LeaseLost(CrmSyncError):
    """A newer fence exists for this connection, so nothing more may be written by this worker."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One reason a request was refused, at a JSON pointer into its body."""

    pointer: str
    code: str
    detail: str


class RequestError(CrmSyncError):
    """The request cannot be carried out. `status` is the HTTP status it maps to.

    `errors` say where and why; where it is this one reason at one place, `at` is its pointer.
    """

    status = 400

    def __init__(
        self, code: str, detail: str, errors: tuple[FieldProblem, ...] = (), *, at: str = ""
    ) -> None:
        super().__init__(code, detail)
        self.errors = (FieldProblem(at, code, detail),) if at else errors


class Invalid(RequestError):
    """Well formed, but it cannot be done; `errors` point at the offending places."""

    status = 422


class NotFound(RequestError):
    """No such thing for this tenant; also the answer for another tenant's thing."""

    status = 404


class Forbidden(RequestError):
    """The signed-in user's role does not allow this."""

    status = 403


class Conflict(RequestError):
    """The thing is not in a state that allows this now."""

    status = 409


class TooMany(RequestError):
    """Asked for too often; the same request is welcome again after `seconds`."""

    status = 429

    def __init__(self, code: str, detail: str, *, seconds: int) -> None:
        super().__init__(code, detail)
        self.seconds = seconds
