"""Bulk API 2.0 query jobs."""

from typing import Any

from ..bulk_jobs import Job, to_csv
from ..errors import ApiError
from .bulk_documents import CSV, common, delimiter
from .call import Call, Reply


def open_query(call: Call) -> Reply:
    """POST jobs/query."""
    body = call.object()
    operation = str(body.get("operation"))
    if operation not in ("query", "queryAll"):
        raise ApiError("INVALIDOPERATION", f"Unsupported operation: {operation}")
    job = call.org.bulk.open(
        "query",
        call.version,
        call.viewer,
        operation=operation,
        statement=str(body.get("query", "")),
        delimiter=delimiter(body),
        line_ending=body.get("lineEnding", "LF"),
    )
    _run(call, job)
    return Reply(body={**_query(job), "state": "UploadComplete"})


def _run(call: Call, job: Job) -> None:
    """Fill in the job's rows, or drop it when it selects what a CSV cannot hold."""
    deleted = job.operation == "queryAll"
    compiled = call.org.queries.compiled(job.statement, call.viewer, deleted=deleted)
    job.sobject = compiled.sobject.name
    if compiled.nested or compiled.node.has_compound():
        call.org.bulk.drop(job)
        raise ApiError("API_ERROR", "Selecting compound data not supported in Bulk Query")
    records = call.org.queries.records(compiled, call.org.queries.rows(compiled), call.base)
    job.columns = compiled.node.column_names()
    job.rows = [[_cell(record, name) for name in job.columns] for record in records]
    job.state = "JobComplete"


def _query(job: Job, state: str | None = None) -> dict[str, Any]:
    return {**common(job, state or job.state), "object": job.sobject, "query": job.statement}


def _cell(record: dict[str, Any], name: str) -> str:
    value: Any = record
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).replace("+0000", "Z")


def read_query(call: Call, job_id: str) -> Reply:
    """GET jobs/query/<id>."""
    job = call.org.bulk.get(job_id, "query")
    shown = _query(job, call.org.bulk.state(job))
    shown.update(
        jobType="V2Query", numberRecordsProcessed=len(job.rows), retries=0, totalProcessingTime=0
    )
    return Reply(body=shown)


def change_query(call: Call, job_id: str) -> Reply:
    """PATCH jobs/query/<id>: Aborted."""
    job = call.org.bulk.get(job_id, "query")
    job.state = "Aborted"
    return Reply(body=_query(job))


def list_query(call: Call) -> Reply:
    """GET jobs/query."""
    jobs = [_query(job) for job in call.org.bulk.all("query")]
    return Reply(body={"done": True, "records": jobs, "nextRecordsUrl": None})


def delete_query(call: Call, job_id: str) -> Reply:
    """DELETE jobs/query/<id>."""
    call.org.bulk.drop(call.org.bulk.get(job_id, "query"))
    return Reply(204)


def query_results(call: Call, job_id: str) -> Reply:
    """GET jobs/query/<id>/results?locator=&maxRecords=."""
    job = call.org.bulk.get(job_id, "query")
    if job.version != call.version:
        raise ApiError("API_VERSION_MISMATCH", "Use the job's API version", status=409)
    start = int(call.args.get("locator") or 0)
    size = int(call.args.get("maxRecords") or 50_000)
    page = job.rows[start : start + size]
    following = start + size
    headers = {
        "Sforce-NumberOfRecords": str(len(page)),
        "Sforce-Locator": str(following) if following < len(job.rows) else "null",
    }
    return Reply(body=to_csv([job.columns, *page], job), headers=headers, content_type=CSV)
