"""One API call and its answer, whether it came over HTTP or inside a composite request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict

from ..data.access import Viewer
from ..data.writer import Options, Writer
from ..errors import ApiError
from ..schema import SObject

if TYPE_CHECKING:
    from ..org import Org

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"


@dataclass
class Reply:
    """Status, body (JSON unless it is text or bytes) and headers of an answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON

    @property
    def failed(self) -> bool:
        """Whether the status is an error."""
        return self.status >= HTTPStatus.BAD_REQUEST

    def encoded(self) -> bytes:
        """The body as sent."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass
class Call:
    """An authenticated call. `path` starts at /services; header names are lower case."""

    org: "Org"
    viewer: Viewer
    method: str
    path: str
    args: "MultiDict[str, str]"
    headers: Mapping[str, str]
    body: bytes
    version: str = ""
    parsed: Any = None
    depth: int = 0

    @property
    def base(self) -> str:
        """/services/data/vNN.N."""
        return f"/services/data/v{self.version}"

    def json(self) -> Any:
        """The body as JSON, or JSON_PARSER_ERROR."""
        if self.parsed is not None:
            return self.parsed
        try:
            return json.loads(self.body)
        except ValueError as bad:
            text = f"Unexpected content: {bad}"
            raise ApiError("JSON_PARSER_ERROR", text) from None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object, or JSON_PARSER_ERROR."""
        found = self.json()
        if not isinstance(found, dict):
            raise ApiError("JSON_PARSER_ERROR", "A JSON object was expected")
        return found

    def sobject(self, name: str) -> SObject:
        """The object a path names, or NOT_FOUND."""
        found = self.viewer.sobject(name)
        if found is None:
            raise ApiError("NOT_FOUND", "The requested resource does not exist")
        return found

    def writer(self) -> Writer:
        """A writer for this call's user and headers."""
        duplicates = self.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()

        def fault(sobject: str, values: Mapping[str, Any]) -> ApiError | None:
            return self.org.faults.for_row(self.method, self.path, sobject, values)

        options = Options(allow_duplicates="allowsave=true" in duplicates, row_fault=fault)
        return Writer(self.org, self.viewer, options)

    def batch_size(self) -> int:
        """Rows per page asked for in `Sforce-Query-Options`, 0 for the default."""
        for part in self.headers.get("sforce-query-options", "").split(","):
            name, _, value = part.strip().partition("=")
            if name.lower() == "batchsize" and value.isdigit():
                return min(max(int(value), 200), 2_000)
        return 0
