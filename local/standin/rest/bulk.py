"""Bulk API 2.0 resources."""

from typing import Any

from ..bulk_jobs import DELIMITERS, Job, parse_csv, to_csv
from ..data.writer import Writer
from ..errors import ApiError
from ..schema import SObject
from .call import Call, Reply
from .rows import by_external_id, external_field

_INGEST = ("insert", "update", "upsert", "delete", "hardDelete")
_NULL = "#N/A"
CSV = "text/csv"


def open_ingest(call: Call) -> Reply:
    """POST jobs/ingest."""
    body = call.object()
    operation, name = str(body.get("operation")), str(body.get("object"))
    if operation not in _INGEST:
        raise ApiError("INVALIDOPERATION", f"Unsupported operation: {operation}")
    sobject = call.viewer.sobject(name)
    if sobject is None:
        raise ApiError("INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")
    if operation == "upsert" and not body.get("externalIdFieldName"):
        raise ApiError("INVALIDJOB", "externalIdFieldName is required for upsert")
    job = call.org.bulk.open(
        "ingest",
        call.version,
        call.viewer,
        operation=operation,
        sobject=sobject.name,
        external=body.get("externalIdFieldName"),
        delimiter=_delimiter(body),
        line_ending=body.get("lineEnding", "LF"),
    )
    return Reply(body=_ingest(call, job, state="Open"))


def _delimiter(body: dict[str, Any]) -> str:
    name = str(body.get("columnDelimiter", "COMMA"))
    if name not in DELIMITERS:
        raise ApiError("INVALIDJOB", f"Unknown columnDelimiter {name}")
    return name


def _common(call: Call, job: Job, state: str) -> dict[str, Any]:
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


def _ingest(call: Call, job: Job, state: str) -> dict[str, Any]:
    shown = {**_common(call, job, state), "object": job.sobject}
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
    return Reply(body=_ingest(call, job, state=str(wanted)))


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
    shown = _ingest(call, job, call.org.bulk.state(job))
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
    jobs = [_ingest(call, job, job.state) for job in call.org.bulk.all("ingest")]
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
        delimiter=_delimiter(body),
        line_ending=body.get("lineEnding", "LF"),
    )
    compiled = call.org.queries.compiled(
        job.statement, call.viewer, deleted=operation == "queryAll"
    )
    job.sobject = compiled.sobject.name
    if compiled.nested or compiled.node.has_compound():
        call.org.bulk.drop(job)
        raise ApiError("API_ERROR", "Selecting compound data not supported in Bulk Query")
    records = call.org.queries.records(compiled, call.org.queries.rows(compiled), call.base)
    job.columns = compiled.node.column_names()
    job.rows = [[_cell(record, name) for name in job.columns] for record in records]
    job.state = "JobComplete"
    return Reply(body={**_query(call, job), "state": "UploadComplete"})


def _query(call: Call, job: Job, state: str | None = None) -> dict[str, Any]:
    return {**_common(call, job, state or job.state), "object": job.sobject, "query": job.statement}


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
    shown = _query(call, job, call.org.bulk.state(job))
    shown.update(
        jobType="V2Query", numberRecordsProcessed=len(job.rows), retries=0, totalProcessingTime=0
    )
    return Reply(body=shown)


def change_query(call: Call, job_id: str) -> Reply:
    """PATCH jobs/query/<id>: Aborted."""
    job = call.org.bulk.get(job_id, "query")
    job.state = "Aborted"
    return Reply(body=_query(call, job))


def list_query(call: Call) -> Reply:
    """GET jobs/query."""
    jobs = [_query(call, job) for job in call.org.bulk.all("query")]
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
