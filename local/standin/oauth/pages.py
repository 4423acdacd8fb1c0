"""The authorize page: one plain form for login and consent, usable without script."""

from collections.abc import Mapping

from markupsafe import Markup

_PAGE = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 24rem }}
label {{ display: block; margin-top: 1rem }}
input {{ box-sizing: border-box; font: inherit; padding: .5rem; width: 100% }}
button {{ font: inherit; margin: 1.5rem .5rem 0 0; padding: .5rem 1.5rem }}
[role=alert] {{ border: 2px solid #b00020; padding: .5rem }}
</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""
)
_FORM = Markup(
    """<h1>Log in to {org}</h1>
{alert}<form method="post" action="/services/oauth2/authorize">
{hidden}
<label for="username">Username</label>
<input id="username" name="username" type="email" autocomplete="username" value="{username}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password">
<h2>Allow access?</h2>
<p>{client} is asking to:</p>
<ul>
{scopes}
</ul>
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>"""
)
_ERROR = Markup("<h1>OAuth error</h1>\n<p>error={error}&amp;error_description={description}</p>")
_ALERT = Markup('<p role="alert">{text}</p>\n')
_HIDDEN = Markup('<input type="hidden" name="{name}" value="{value}">')
_SCOPE = Markup("<li>{text}</li>")
_SCOPES = {
    "api": "Manage user data via APIs (api)",
    "refresh_token": "Perform requests at any time (refresh_token, offline_access)",
    "offline_access": "Perform requests at any time (refresh_token, offline_access)",
    "openid": "Access unique user identifiers (openid)",
    "id": "Access the identity URL service (id)",
    "full": "Full access (full)",
    "web": "Manage user data via Web browsers (web)",
}


def form(org: str, parameters: Mapping[str, str], username: str, alert: str = "") -> str:
    """The login and consent form; `parameters` travel along as hidden fields."""
    scopes = parameters.get("scope", "").split() or ["api"]
    content = _FORM.format(
        org=org,
        alert=_ALERT.format(text=alert) if alert else "",
        hidden=Markup("\n").join(
            _HIDDEN.format(name=name, value=value) for name, value in parameters.items()
        ),
        username=username,
        client=parameters.get("client_id", ""),
        scopes=Markup("\n").join(_SCOPE.format(text=_SCOPES.get(scope, scope)) for scope in scopes),
    )
    return str(_PAGE.format(title=f"Login | {org}", content=content))


def error(kind: str, description: str) -> str:
    """The page shown instead of redirecting to an address nobody vouches for."""
    content = _ERROR.format(error=kind, description=description)
    return str(_PAGE.format(title="OAuth error", content=content))
