"""What the documents of Bulk API 2.0 jobs have in common."""

import io
from typing import Any

from werkzeug.formparser import parse_form_data

from ..bulk_jobs import DELIMITERS, Job
from ..errors import ApiError
from .call import Call

CSV = "text/csv"


def multipart(call: Call) -> dict[str, str]:
    """The parts of a multipart body by name, files and fields alike."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": call.headers["content-type"],
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.input": io.BytesIO(call.body),
    }
    _, form, files = parse_form_data(environ)
    parts = form.to_dict()
    for name, part in files.items():
        parts[name] = part.read().decode()
        part.close()
    return parts


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
