"""Bulk API 2.0 ingest jobs."""

import json
from typing import Any

from ..bulk_jobs import Job, parse_csv, to_csv
from ..data.writer import Writer
from ..errors import ApiError
from ..schema import SObject
from .bulk_documents import CSV, common, delimiter, multipart
from .call import Call, Reply
from .rows import by_external_id, external_field

_INGEST = ("insert", "update", "upsert", "delete", "hardDelete")
_NULL = "#N/A"


def open_ingest(call: Call) -> Reply:
    """POST jobs/ingest; as multipart with the data, the job is done in this one call."""
    if call.headers.get("content-type", "").startswith("multipart/form-data"):
        parts = multipart(call)
        job = _open(call, json.loads(parts["job"]))
        job.data = parts["content"].encode()
        _process(call, job)
        return Reply(body=_ingest(job, state="UploadComplete"))
    return Reply(body=_ingest(_open(call, call.object()), state="Open"))


def _open(call: Call, body: dict[str, Any]) -> Job:
    operation, name = str(body.get("operation")), str(body.get("object"))
    if operation not in _INGEST:
        raise ApiError("INVALIDOPERATION", f"Unsupported operation: {operation}")
    sobject = call.viewer.sobject(name)
    if sobject is None:
        raise ApiError("INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")
    if operation == "upsert" and not body.get("externalIdFieldName"):
        raise ApiError("INVALIDJOB", "externalIdFieldName is required for upsert")
    return call.org.bulk.open(
        "ingest",
        call.version,
        call.viewer,
        operation=operation,
        sobject=sobject.name,
        external=body.get("externalIdFieldName"),
        delimiter=delimiter(body),
        line_ending=body.get("lineEnding", "LF"),
    )


def _ingest(job: Job, state: str) -> dict[str, Any]:
    shown = {**common(job, state), "object": job.sobject}
    shown["contentUrl"] = f"services/data/v{job.version}/jobs/ingest/{job.id}/batches"
    if job.external:
        shown["externalIdFieldName"] = job.external
    return shown


def upload(call: Call, job_id: str) -> Reply:
    """PUT jobs/ingest/<id>/batches."""
    job = call.org.bulk.get(job_id, "ingest")
    if job.state != "Open" or job.data:
        raise ApiError("INVALIDJOBSTATE", "The job already has data or is not open")
    job.data = call.body
    return Reply(201)


def change_ingest(call: Call, job_id: str) -> Reply:
    """PATCH jobs/ingest/<id>: UploadComplete or Aborted."""
    job = call.org.bulk.get(job_id, "ingest")
    wanted = call.object().get("state")
    if wanted not in ("UploadComplete", "Aborted") or job.state != "Open":
        raise ApiError("INVALIDJOBSTATE", f"Cannot go from {job.state} to {wanted}")
    if wanted == "Aborted":
        job.state = "Aborted"
    else:
        _process(call, job)
    return Reply(body=_ingest(job, state=str(wanted)))


def _process(call: Call, job: Job) -> None:
    sobject = call.org.schema[job.sobject]
    try:
        rows = parse_csv(job)
    except (ApiError, UnicodeDecodeError) as error:
        job.state, job.error = "Failed", str(error)
        return
    writer = call.writer()
    with writer.batch():
        for row in rows:
            cells = [row.get(column, "") for column in job.columns]
            try:
                record_id, created = _write(call, job, sobject, writer, row)
                job.succeeded.append((record_id, created, cells))
            except ApiError as error:
                fields = ",".join(error.fields or [])
                text = f"{error.code}:{error.message}:{fields or '--'}"
                job.failed.append((str(row.get("Id", "")), text, cells))
    job.state = "JobComplete"


def _write(
    call: Call, job: Job, sobject: SObject, writer: Writer, row: dict[str, str]
) -> tuple[str, bool]:
    values = _values(row)
    record_id = str(row.get("Id") or row.get("id") or "")
    if job.operation == "insert":
        return writer.create(sobject, values), True
    if job.operation == "update":
        writer.update(sobject, record_id, values)
        return record_id, False
    if job.operation == "upsert":
        return _upsert(call, job, sobject, writer, values)
    writer.delete(sobject, record_id)
    return record_id, False


def _upsert(
    call: Call, job: Job, sobject: SObject, writer: Writer, values: dict[str, Any]
) -> tuple[str, bool]:
    item = external_field(call, sobject, str(job.external))
    key = values.pop(item.name, None)
    if not key:
        raise ApiError("MISSING_ARGUMENT", f"{item.name} not specified", [])
    found = by_external_id(call, sobject, item, key)
    if len(found) > 1:
        raise ApiError("DUPLICATE_EXTERNAL_ID", f"{item.name}: more than one record found", [])
    if found:
        writer.update(sobject, found[0], values)
        return found[0], False
    return writer.create(sobject, {**values, item.name: key}), True


def _values(row: dict[str, str]) -> dict[str, Any]:
    """CSV cells as written values: empty is left alone, #N/A clears, A.B names a parent."""
    values: dict[str, Any] = {}
    for column, cell in row.items():
        if column.lower() == "id" or cell == "":
            continue
        relation, _, name = column.partition(".")
        value: Any = None if cell == _NULL else cell
        values[relation] = {name: value} if name else value
    return values


def read_ingest(call: Call, job_id: str) -> Reply:
    """GET jobs/ingest/<id>."""
    job = call.org.bulk.get(job_id, "ingest")
    shown = _ingest(job, call.org.bulk.state(job))
    shown.update(
        jobType="V2Ingest",
        numberRecordsProcessed=len(job.succeeded) + len(job.failed),
        numberRecordsFailed=len(job.failed),
        retries=0,
        totalProcessingTime=0,
        apiActiveProcessingTime=0,
        apexProcessingTime=0,
    )
    if job.error:
        shown["errorMessage"] = job.error
    return Reply(body=shown)


def list_ingest(call: Call) -> Reply:
    """GET jobs/ingest."""
    jobs = [_ingest(job, job.state) for job in call.org.bulk.all("ingest")]
    return Reply(body={"done": True, "records": jobs, "nextRecordsUrl": None})


def delete_ingest(call: Call, job_id: str) -> Reply:
    """DELETE jobs/ingest/<id>."""
    call.org.bulk.drop(call.org.bulk.get(job_id, "ingest"))
    return Reply(204)


def results(call: Call, job_id: str, which: str) -> Reply:
    """GET jobs/ingest/<id>/successfulResults | failedResults | unprocessedrecords."""
    job = call.org.bulk.get(job_id, "ingest")
    if which.lower() == "successfulresults":
        lines = [["sf__Id", "sf__Created", *job.columns]]
        lines += [[i, str(created).lower(), *cells] for i, created, cells in job.succeeded]
    elif which.lower() == "failedresults":
        lines = [["sf__Id", "sf__Error", *job.columns]]
        lines += [[i, text, *cells] for i, text, cells in job.failed]
    else:
        lines = [job.columns]
    return Reply(body=to_csv(lines, job), content_type=CSV)
