"""A user of a stand-in org: looks at records and edits them through the ordinary REST API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

VERSION = "v62.0"


class CrmUser:
    """Signed in by username and password, as scripts do."""

    def __init__(self, org: Mapping[str, Any]) -> None:
        form = {
            "grant_type": "password",
            "client_id": "any",
            "client_secret": "any",
            "username": org["username"],
            "password": org["password"],
        }
        answer = requests.post(f"{org['url']}/services/oauth2/token", data=form, timeout=30)
        answer.raise_for_status()
        token = answer.json()
        self.user_id = str(token["id"]).rsplit("/", 1)[-1]
        self._base = f"{org['url']}/services/data/{VERSION}"
        self._admin = org["admin_url"]
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {token['access_token']}"

    def query(self, soql: str) -> list[dict[str, Any]]:
        """All rows of a query."""
        answer = self._http.get(f"{self._base}/query", params={"q": soql}, timeout=60)
        answer.raise_for_status()
        body = answer.json()
        rows: list[dict[str, Any]] = body["records"]
        while not body["done"]:
            url = self._base.split("/services/")[0] + body["nextRecordsUrl"]
            body = self._http.get(url, timeout=60).json()
            rows += body["records"]
        return rows

    def create(self, kind: str, **fields: Any) -> str:
        """The id of a new record."""
        answer = self._http.post(f"{self._base}/sobjects/{kind}", json=fields, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def update(self, kind: str, record_id: str, **fields: Any) -> None:
        """Change fields of a record."""
        url = f"{self._base}/sobjects/{kind}/{record_id}"
        self._http.patch(url, json=fields, timeout=60).raise_for_status()

    def delete(self, kind: str, record_id: str) -> None:
        """Move a record to the bin."""
        url = f"{self._base}/sobjects/{kind}/{record_id}"
        self._http.delete(url, timeout=60).raise_for_status()

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """The org's back door: clock, faults, seeding, call counts."""
        answer = self._http.request(method, f"{self._admin}/{path}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json() if answer.content else None
