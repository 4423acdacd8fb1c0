"""Placeholder until its owner writes it: answers with what it was given."""

from __future__ import annotations

import json
from typing import Any


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Say that the function runs, and show the event."""
    print(json.dumps(event))
    return {"statusCode": 200, "body": json.dumps({"event": event})}
