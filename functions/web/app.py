"""The page: the files beside this module, served from memory under a strict content policy.

`/` is the document, `/static/config.json` tells it where to sign in, and
`/static/{version}/{name}` are its modules and styles. The version is a digest of all of them, so
a browser may keep them for ever and a new deployment is never mixed with an old one.

Nothing is read from disk after start-up and names are looked up in a closed map: no request can
reach any other file. The function has no permissions and uses the standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
}
_BINARY = {".png"}
_SETTINGS = ("public_url", "region", "sign_in_url", "user_pool_client_id")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(?=/|$)")
_FOR_EVER = "public, max-age=31536000, immutable"

Event = Mapping[str, Any]
Response = dict[str, Any]


class Asset(NamedTuple):
    """One served file: its body as API Gateway wants it, its type and a strong validator."""

    body: str
    is_base64: bool
    content_type: str
    etag: str


def read_site(folder: Path) -> tuple[str, str, dict[str, Asset]]:
    """The document, the version of the site, and every other file by its path under `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in _CONTENT_TYPES)
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    version = digest.hexdigest()[:16]
    page = (folder / "index.html").read_text("utf-8").replace("{version}", version)
    assets = {p.relative_to(folder).as_posix(): _read_asset(p) for p in files}
    del assets["index.html"]
    return page, version, assets


def _read_asset(path: Path) -> Asset:
    content = path.read_bytes()
    binary = path.suffix in _BINARY
    body = base64.b64encode(content).decode() if binary else content.decode("utf-8")
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Asset(body, binary, _CONTENT_TYPES[path.suffix], etag)


_PAGE, _VERSION, _ASSETS = read_site(Path(__file__).parent / "static")


def lambda_handler(event: Event, _context: object) -> Response:
    """Answer one API Gateway (REST, proxy) request; unknown paths are a 404, never a listing."""
    if event.get("httpMethod") not in {"GET", "HEAD"}:
        return _answer(event, 405, "Only GET is answered here.", {"Allow": "GET, HEAD"})
    path = event.get("path") or "/"
    if path == "/":
        return _document(event)
    if path == "/static/config.json":
        return _configuration(event)
    return _asset(event, path)


def _document(event: Event) -> Response:
    """The page, once its address ends with a slash: every address inside it is relative."""
    address = (event.get("requestContext") or {}).get("path") or "/"
    if not address.endswith("/") and not address.startswith("//"):
        return _answer(event, 308, "", {"Location": f"{address}/"})
    headers = {"Content-Type": _CONTENT_TYPES[".html"], "Cache-Control": "no-store"}
    return _answer(event, 200, _PAGE, headers)


def _configuration(event: Event) -> Response:
    variables = event.get("stageVariables") or {}
    missing = [name for name in _SETTINGS if not variables.get(name)]
    if missing:
        detail = f"Stage variable {', '.join(missing)} is not set; deploy the stack again."
        return _answer(event, 503, detail, {"Cache-Control": "no-store"})
    body = json.dumps({name: variables[name] for name in _SETTINGS})
    headers = {"Content-Type": _CONTENT_TYPES[".json"], "Cache-Control": "no-store"}
    return _answer(event, 200, body, headers)


def _asset(event: Event, path: str) -> Response:
    root, _, rest = path.removeprefix("/").partition("/")
    version, _, name = rest.partition("/")
    current = (root, version) == ("static", _VERSION)
    asset = _ASSETS.get(name) if current else None
    if asset is None:
        return _answer(event, 404, "There is nothing at this address.")
    headers = {"Cache-Control": _FOR_EVER, "Content-Type": asset.content_type, "ETag": asset.etag}
    if _header(event, "if-none-match") == asset.etag:
        return _answer(event, 304, "", headers)
    return _answer(event, 200, asset.body, headers, is_base64=asset.is_base64)


def _answer(
    event: Event,
    status: int,
    body: str,
    headers: Mapping[str, str] | None = None,
    *,
    is_base64: bool = False,
) -> Response:
    plain = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return {
        "statusCode": status,
        "headers": {**plain, **(headers or {}), **_security_headers(event)},
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _security_headers(event: Event) -> dict[str, str]:
    return {
        "Content-Security-Policy": _content_policy(event),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=63072000",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def _content_policy(event: Event) -> str:
    """What the page may load and call: itself and the user pool's sign-in, nothing else."""
    own_and_sign_in = " ".join(["'self'", *_sign_in_origin(event)])
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src {own_and_sign_in}",
            f"form-action {own_and_sign_in}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _sign_in_origin(event: Event) -> list[str]:
    url = (event.get("stageVariables") or {}).get("sign_in_url") or ""
    origin = _ORIGIN.match(url)
    return [origin.group()] if origin else []


def _header(event: Event, name: str) -> str | None:
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), None)
