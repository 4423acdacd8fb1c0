"""What the documents of Bulk API 2.0 jobs have in common."""

from typing import Any

from ..bulk_jobs import DELIMITERS, Job
from ..errors import ApiError

CSV = "text/csv"


def delimiter(body: dict[str, Any]) -> str:
    """The column delimiter asked for, by name."""
    name = str(body.get("columnDelimiter", "COMMA"))
    if name not in DELIMITERS:
        raise ApiError("INVALIDJOB", f"Unknown columnDelimiter {name}")
    return name


def common(job: Job, state: str) -> dict[str, Any]:
    """What every job document says."""
    return {
        "id": job.id,
        "operation": job.operation,
        "createdById": job.user_id,
        "createdDate": job.created,
        "systemModstamp": job.created,
        "state": state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.version),
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }
