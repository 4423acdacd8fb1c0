"""Run ministack, which is what .venv-stack is for, with what its own API cannot mend.

Its token endpoint renews a token of the hosted sign-in page without `cognito:groups`, which
Cognito keeps, and a token that a password bought with them. So every renewal goes the second way.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

RENEWAL = ("refresh_val", "cid", "csec")
"""What ministack's renewal of a token that a password bought takes."""


class NoHostedTokens(dict[str, Any]):
    """Knows no token of the hosted page: all are renewed like those that a password bought."""

    def __setitem__(self, token: str, grant: Any) -> None:
        """The grant is in the token itself, which is signed."""


def keep_groups(cognito: Any) -> None:
    """Have a renewed token carry the groups of its user.

    RuntimeError: this is another ministack than the one that was read.
    """
    renewal: Callable[..., Any] | None = getattr(cognito, "_oauth2_refresh_api_issued_token", None)
    if renewal is None or tuple(inspect.signature(renewal).parameters) != RENEWAL:
        raise RuntimeError(
            "ministack renews tokens another way than 1.5.33 did: see whether a renewed ID token "
            "has cognito:groups by itself now, and mend or drop local/stack/emulated_aws.py."
        )
    vars(cognito)["_refresh_tokens"] = NoHostedTokens()


def main() -> None:
    """Run it until it is told to stop; everything else is in the environment."""
    keep_groups(import_module("ministack.services.cognito"))
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
