"""The SOAP login, which older clients still use for a username and password."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ..errors import OAuthError
from ..rest.call import Reply
from .signing_in import login

if TYPE_CHECKING:
    from ..data.access import UserAccount
    from ..org import Org

_XML = "text/xml;charset=UTF-8"
_ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope \
xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:{kind}.soap.sforce.com" \
xmlns:sf="urn:fault.{kind}.soap.sforce.com" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{body}</soapenv:Body>\
</soapenv:Envelope>"""
_REFUSED = (
    "<soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: "
    "Invalid username, password, security token; or user locked out.</faultstring></soapenv:Fault>"
)


def soap_login(org: "Org", path: str, body: bytes) -> Reply:
    """POST /services/Soap/u/NN.N with a login envelope: a session id, or INVALID_LOGIN with 500."""
    kind = "partner" if "/Soap/u/" in path else "enterprise"
    fields = _fields(body)
    try:
        user = login(org, fields.get("username", ""), fields.get("password", ""))
    except OAuthError:
        return Reply(500, _ENVELOPE.format(kind=kind, body=_REFUSED), content_type=_XML)
    version = re.search(r"/Soap/[uc]/([\d.]+)", path)
    result = _result(org, user, version[1] if version else "59.0")
    answer = f"<loginResponse><result>{result}</result></loginResponse>"
    return Reply(200, _ENVELOPE.format(kind=kind, body=answer), content_type=_XML)


def _fields(body: bytes) -> dict[str, str]:
    try:
        root = ET.fromstring(body)  # noqa: S314 - serves clients of this machine only
    except ET.ParseError:
        return {}
    return {element.tag.rpartition("}")[2]: element.text or "" for element in root.iter()}


def _result(org: "Org", user: "UserAccount", version: str) -> str:
    session = org.tokens.open(user.id, "soap", "api")
    return (
        _elements(
            {
                "passwordExpired": "false",
                "sandbox": "false",
                "serverUrl": f"{org.instance_url}/services/Soap/u/{version}/{org.org_id[:15]}",
                "sessionId": session.token,
                "userId": user.id,
            }
        )
        + f"<userInfo>{_user_info(org, user)}</userInfo>"
    )


def _user_info(org: "Org", user: "UserAccount") -> str:
    return _elements(
        {
            "organizationId": org.org_id,
            "organizationName": org.settings["org"]["name"],
            "sessionSecondsValid": str(org.knobs.session_seconds),
            "userId": user.id,
            "userName": user.username,
            "userType": "Standard",
        }
    )


def _elements(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
