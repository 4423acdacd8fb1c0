"""A person at the page, without the page: signs in, connects an org, calls the API and waits.

Everything goes over HTTP, as a browser would do it; the demo and the end-to-end tests share it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from lxml import html

from local.stack.people import id_token

Json = dict[str, Any]
PATIENCE = 180.0
"""Seconds to wait for something that happens in the background, on a slow machine."""


class Refused(Exception):
    """The API answered with a problem; `status` and `problem` are what it said."""

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(f"{status} {problem}")
        self.status = status
        self.problem = problem


class Advisor:
    """One signed-in user of a deployed stack, as `.local/stack.json` describes it."""

    def __init__(self, stack: Mapping[str, Any], user: Mapping[str, str]) -> None:
        self.user = user
        self._stack = stack
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {id_token(stack, user)}"

    # --- the API ----------------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Json | None = None, **headers: str) -> Any:
        """The JSON of a successful answer, the text of one that is not JSON; else `Refused`."""
        url = f"{self._stack['api_url']}{path}"
        answer = self._http.request(method, url, json=body, headers=headers, timeout=60)
        if answer.status_code >= 400:  # noqa: PLR2004 - where HTTP errors start
            raise Refused(answer.status_code, answer.json())
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.json() if is_json and answer.content else answer.text

    def get(self, path: str) -> Any:
        """GET."""
        return self.call("GET", path)

    def post(self, path: str, body: Json | None = None) -> Any:
        """POST, as one intent of its own."""
        return self.call("POST", path, body or {}, **{"Idempotency-Key": str(uuid.uuid4())})

    def put(self, path: str, body: Json) -> Any:
        """PUT."""
        return self.call("PUT", path, body)

    def patch(self, path: str, body: Json) -> Any:
        """PATCH."""
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self.call("DELETE", path)

    def everything(self, path: str) -> list[Json]:
        """All items of a list, page after page."""
        items: list[Json] = []
        cursor = None
        while True:
            glue = "&" if "?" in path else "?"
            page = self.get(path if cursor is None else f"{path}{glue}cursor={cursor}")
            items += page["items"]
            cursor = page["cursor"]
            if cursor is None:
                return items

    # --- connecting -------------------------------------------------------------------------------

    def connect(
        self, org: Mapping[str, Any], environment: str = "production", my_domain: str | None = None
    ) -> Json:
        """Go through the org's own login page and come back with a connection."""
        place = {"platform": org["platform"], "environment": environment, "my_domain": my_domain}
        started = self.post("/api/connections", place)
        back = self.log_in(started["authorize_url"], org)
        return dict(self.post("/api/connections/finish", back))

    def log_in(self, authorize_url: str, org: Mapping[str, Any]) -> Json:
        """What the browser is sent back to the page with: receipt and state, or the refusal."""
        browser = requests.Session()
        browser.trust_env = False  # a CA bundle in the environment would go before this one
        browser.verify = org["ca_file"]
        page = browser.get(authorize_url, timeout=30)
        document: Any = html.document_fromstring(page.text)
        form = document.forms[0]
        fields = dict(form.form_values())
        fields |= {"username": org["username"], "password": org["password"]}
        fields["decision"] = "allow"
        target = urljoin(page.url, form.action)
        answer = browser.post(target, data=fields, timeout=30, allow_redirects=False)
        callback = answer.headers["Location"]
        returned = browser.get(callback, timeout=60, allow_redirects=False)
        fragment = urlsplit(returned.headers["Location"]).fragment
        return {name: values[0] for name, values in parse_qs(fragment).items()}

    # --- waiting ----------------------------------------------------------------------------------

    def run_to_end(self, run_id: str, seconds: float = PATIENCE) -> Json:
        """The run once it has ended; fails with its last state when it takes too long."""
        ended = {"planned", "succeeded", "partial", "failed", "cancelled"}

        def look() -> Json | None:
            run: Json = self.get(f"/api/runs/{run_id}")
            return run if run["state"] in ended and run["finished_at"] else None

        ended_run: Json = until(look, f"run {run_id} to end", seconds)
        return ended_run

    def sync(self, connection_id: str, mappings: list[Json], **more: Any) -> Json:
        """A one-time manual sync, to its end."""
        terms = self.get("/api/platforms")["terms_version"]
        body = {"mappings": mappings, "terms_version": terms, **more}
        started = self.post(f"/api/connections/{connection_id}/runs", body)
        return self.run_to_end(started["run_id"])

    def preview(self, connection_id: str, mappings: list[Json]) -> Json:
        """A preview, to its end."""
        started = self.post(f"/api/connections/{connection_id}/previews", {"mappings": mappings})
        return self.run_to_end(started["run_id"])

    def execute(self, connection_id: str, preview_id: str) -> Json:
        """Run a preview, to its end."""
        terms = self.get("/api/platforms")["terms_version"]
        body = {"preview_id": preview_id, "terms_version": terms}
        started = self.post(f"/api/connections/{connection_id}/runs", body)
        return self.run_to_end(started["run_id"])


def until(look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `look` returns once it returns anything; fails naming `what` when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            msg = f"waited {seconds:.0f} s for {what}"
            raise TimeoutError(msg)
        time.sleep(0.25)
