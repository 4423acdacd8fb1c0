"""Stand-in orgs served in this process, back at their seed for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.standin import RunningOrg, serve

ORGS = Path(__file__).parents[2] / "local" / "orgs"
VERSION = "60.0"


class Client:
    """One user signed in to one org with the username-password grant."""

    def __init__(self, running: RunningOrg, username: str) -> None:
        user = running.org.user_by_name(username)
        assert user is not None
        self.user_id = user.id
        self.running = running
        self.session = requests.Session()
        answer = requests.post(
            f"{running.url}/services/oauth2/token",
            data={
                "grant_type": "password",
                "client_id": "any-client",
                "client_secret": "any-secret",
                "username": username,
                "password": user.password,
            },
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        self.token = str(answer.json()["access_token"])
        self.session.headers["Authorization"] = f"Bearer {self.token}"

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        """A call below /services/data/vNN.N, or of an absolute path."""
        base = "" if path.startswith("/services/") else f"/services/data/v{VERSION}"
        url = f"{self.running.url}{base}{path}"
        return self.session.request(method, url, timeout=30, **how)

    def get(self, path: str, **how: Any) -> requests.Response:
        return self.call("GET", path, **how)

    def post(self, path: str, body: Any, **how: Any) -> requests.Response:
        return self.call("POST", path, json=body, **how)

    def patch(self, path: str, body: Any, **how: Any) -> requests.Response:
        return self.call("PATCH", path, json=body, **how)

    def delete(self, path: str, **how: Any) -> requests.Response:
        return self.call("DELETE", path, **how)

    def soql(self, statement: str, resource: str = "query", **how: Any) -> requests.Response:
        return self.get(f"/{resource}", params={"q": statement}, **how)

    def rows(self, statement: str, resource: str = "query") -> list[dict[str, Any]]:
        """The records of a query that must succeed."""
        answer = self.soql(statement, resource)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["records"])

    def one(self, statement: str, resource: str = "query") -> dict[str, Any]:
        """The only record of a query."""
        found = self.rows(statement, resource)
        assert len(found) == 1, found
        return found[0]

    def create(self, sobject: str, **values: Any) -> str:
        """The id of a record that must be created."""
        answer = self.post(f"/sobjects/{sobject}", values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def contact(self, last_name: str) -> str:
        """The id of the seeded contact of that last name."""
        return str(self.one(f"SELECT Id FROM Contact WHERE LastName = '{last_name}'")["Id"])

    def campaign(self, name: str) -> str:
        """The id of the seeded campaign of that name."""
        return str(self.one(f"SELECT Id FROM Campaign WHERE Name = '{name}'")["Id"])


class Admin:
    """The admin API of one org."""

    def __init__(self, running: RunningOrg) -> None:
        self._url = running.admin_url

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self._url}{path}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self.call("PUT", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self.call("PATCH", path, body)

    def knob(self, **values: Any) -> None:
        self.patch("/knobs", values)

    def fault(self, **spec: Any) -> None:
        self.post("/faults", spec)


@pytest.fixture(scope="session")
def ca_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ca")


def _served(name: str, ca_dir: Path) -> Iterator[RunningOrg]:
    with serve(ORGS / name, ca_dir=ca_dir) as running:
        yield running


@pytest.fixture(scope="session")
def _salesforce(ca_dir: Path) -> Iterator[RunningOrg]:
    yield from _served("salesforce", ca_dir)


@pytest.fixture(scope="session")
def _practifi(ca_dir: Path) -> Iterator[RunningOrg]:
    yield from _served("practifi", ca_dir)


@pytest.fixture(scope="session")
def _no_promote(ca_dir: Path) -> Iterator[RunningOrg]:
    yield from _served("practifi_no_promote", ca_dir)


@pytest.fixture(scope="session")
def _salentica(ca_dir: Path) -> Iterator[RunningOrg]:
    yield from _served("salentica", ca_dir)


@pytest.fixture
def salesforce(_salesforce: RunningOrg) -> RunningOrg:
    _salesforce.org.reset(tokens=True)
    return _salesforce


@pytest.fixture
def practifi(_practifi: RunningOrg) -> RunningOrg:
    _practifi.org.reset(tokens=True)
    return _practifi


@pytest.fixture
def no_promote(_no_promote: RunningOrg) -> RunningOrg:
    _no_promote.org.reset(tokens=True)
    return _no_promote


@pytest.fixture
def salentica(_salentica: RunningOrg) -> RunningOrg:
    _salentica.org.reset(tokens=True)
    return _salentica


@pytest.fixture
def admin(salesforce: RunningOrg) -> Admin:
    return Admin(salesforce)


@pytest.fixture
def admin_of() -> type[Admin]:
    return Admin


@pytest.fixture
def sign_in() -> Callable[[RunningOrg, str], Client]:
    """Sign a user in by the part of the username before the dot."""

    def signed_in(running: RunningOrg, who: str) -> Client:
        name = next(u.username for u in running.org.users.values() if u.username.startswith(who))
        return Client(running, name)

    return signed_in


@pytest.fixture
def avery(salesforce: RunningOrg, sign_in: Callable[[RunningOrg, str], Client]) -> Client:
    return sign_in(salesforce, "avery")


@pytest.fixture
def blake(salesforce: RunningOrg, sign_in: Callable[[RunningOrg, str], Client]) -> Client:
    return sign_in(salesforce, "blake")


@pytest.fixture
def iris(salesforce: RunningOrg, sign_in: Callable[[RunningOrg, str], Client]) -> Client:
    """The administrator."""
    return sign_in(salesforce, "iris")
