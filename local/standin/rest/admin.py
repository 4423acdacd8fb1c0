"""The admin API: everything a test or a demo does to the org that no Salesforce client could."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from .. import admin_actions
from ..errors import ApiError
from .call import Reply

if TYPE_CHECKING:
    from ..org import Org

Body = dict[str, Any]

_TABLE = (
    ("GET", "", "_overview"),
    ("POST", "/reset", "_reset"),
    ("GET", "/clock", "_clock"),
    ("PUT", "/clock", "_set_clock"),
    ("POST", "/clock/advance", "_advance"),
    ("GET", "/calls", "_calls"),
    ("DELETE", "/calls", "_clear_calls"),
    ("GET", "/requests", "_requests"),
    ("PUT", "/quota", "_quota"),
    ("GET", "/faults", "_faults"),
    ("POST", "/faults", "_add_fault"),
    ("DELETE", "/faults", "_clear_faults"),
    ("DELETE", "/faults/<int:fault_id>", "_clear_fault"),
    ("GET", "/knobs", "_knobs"),
    ("PATCH", "/knobs", "_change_knobs"),
    ("PUT", "/sharing", "_sharing"),
    ("GET", "/rules", "_rules"),
    ("PUT", "/rules/<kind>", "_set_rules"),
    ("GET", "/users", "_users"),
    ("PATCH", "/users/<username>", "_change_user"),
    ("POST", "/sessions/expire", "_expire_sessions"),
    ("POST", "/refresh-tokens/revoke", "_revoke_refreshes"),
    ("POST", "/cursors/expire", "_expire_cursors"),
)


class Admin:
    """Routes below /__admin; bodies and answers are JSON."""

    def __init__(self, org: "Org") -> None:
        self._org = org
        own = [(method, path, getattr(self, name)) for method, path, name in _TABLE]
        actions = [("POST", f"/{name}", act) for name, act in admin_actions.ACTIONS.items()]
        self._map = Map(
            [
                Rule(f"/__admin{path}", methods=[method], endpoint=handler, strict_slashes=False)
                for method, path, handler in [*own, *actions]
            ]
        )

    def handle(self, request: Request, body: bytes) -> Reply:
        """Answer one admin request; a refused one says why."""
        try:
            handler, values = self._map.bind("org").match(request.path, request.method)
            parsed = json.loads(body) if body else dict(request.args.items())
            with self._org.lock:
                if handler in admin_actions.ACTIONS.values():
                    return Reply(body=handler(self._org, parsed))
                return Reply(body=handler(parsed, **values))
        except HTTPException as error:
            return Reply(error.code or 404, {"error": error.name})
        except ApiError as error:
            return Reply(error.status, [error.as_row()])
        except (KeyError, TypeError, ValueError) as error:
            return Reply(422, {"error": f"{type(error).__name__}: {error}"})

    def _overview(self, _: Body) -> Body:
        org = self._org
        about = org.settings
        counts = {
            item.name: org.store.select(f"SELECT COUNT(*) FROM {item.name} WHERE IsDeleted = 0")[0][
                0
            ]
            for item in org.schema
        }
        return {
            "name": org.name,
            "platform": org.platform,
            "org_id": org.org_id,
            "org_name": about["org"]["name"],
            "instance_url": org.instance_url,
            "now": org.clock.stamp(),
            "users": self._users({}),
            "records": counts,
            "about": about.get("about", ""),
        }

    def _reset(self, body: Body) -> Body:
        self._org.reset(tokens=bool(body.get("tokens")))
        return self._overview({})

    def _clock(self, _: Body) -> Body:
        return {"now": self._org.clock.now().isoformat()}

    def _set_clock(self, body: Body) -> Body:
        moment = datetime.fromisoformat(body["now"])
        self._org.clock.set(moment, frozen=bool(body.get("frozen")))
        return self._clock({})

    def _advance(self, body: Body) -> Body:
        self._org.clock.advance(float(body["seconds"]))
        return self._clock({})

    def _calls(self, _: Body) -> Body:
        meter = self._org.meter
        return {
            "api_calls": meter.calls,
            "by_resource": dict(meter.by_resource),
            "used_24h": meter.used(),
            "max": self._org.knobs.api_max,
            "requests": len(meter.log),
        }

    def _clear_calls(self, _: Body) -> Body:
        self._org.meter.clear()
        return self._calls({})

    def _requests(self, body: Body) -> list[Body]:
        since, text = int(body.get("since", 0)), body.get("path", "")
        found = [e for e in self._org.meter.log if e["number"] > since and text in e["path"]]
        return found[-int(body.get("limit", 1_000)) :]

    def _quota(self, body: Body) -> Body:
        if "max" in body:
            self._org.knobs.change({"api_max": int(body["max"])})
        if "used" in body:
            self._org.meter.set_used(int(body["used"]))
        return self._calls({})

    def _faults(self, _: Body) -> list[Body]:
        return [asdict(fault) for fault in self._org.faults.all()]

    def _add_fault(self, body: Any) -> list[Body]:
        specs = body if isinstance(body, list) else [body]
        return [asdict(self._org.faults.add(spec)) for spec in specs]

    def _clear_faults(self, _: Body) -> list[Body]:
        self._org.faults.clear()
        return []

    def _clear_fault(self, _: Body, fault_id: int) -> list[Body]:
        self._org.faults.clear(fault_id)
        return self._faults({})

    def _knobs(self, _: Body) -> Body:
        return asdict(self._org.knobs)

    def _change_knobs(self, body: Body) -> Body:
        self._org.knobs.change(body)
        return self._knobs({})

    def _sharing(self, body: Body) -> Body:
        self._org.sharing.update(body)
        return self._org.sharing

    def _rules(self, _: Body) -> Body:
        return self._org.org_rules

    def _set_rules(self, body: Any, kind: str) -> Body:
        if kind not in self._org.org_rules:
            raise ValueError(f"unknown rules {kind!r}; known: {sorted(self._org.org_rules)}")
        self._org.org_rules[kind] = list(body)
        return self._org.org_rules

    def _users(self, _: Body) -> list[Body]:
        return [_shown(asdict(user)) for user in self._org.users.values()]

    def _change_user(self, body: Body, username: str) -> Body:
        return _shown(asdict(admin_actions.change_user(self._org, username, body)))

    def _expire_sessions(self, body: Body) -> Body:
        return {"ended": self._org.tokens.end_sessions(self._user_id(body))}

    def _revoke_refreshes(self, body: Body) -> Body:
        return {"ended": self._org.tokens.end_refreshes(self._user_id(body))}

    def _user_id(self, body: Body) -> str | None:
        name = body.get("username")
        return admin_actions.user(self._org, name).id if name else None

    def _expire_cursors(self, _: Body) -> Body:
        self._org.queries.forget()
        return {}


def _shown(user: Body) -> Body:
    return {key: sorted(value) if isinstance(value, set) else value for key, value in user.items()}
