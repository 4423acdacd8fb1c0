"""Bulk API 2.0 jobs, ingest and query, done in one go when their data is complete."""

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .data.access import Viewer
from .errors import ApiError

if TYPE_CHECKING:
    from .org import Org

DELIMITERS = {
    "COMMA": ",",
    "TAB": "\t",
    "PIPE": "|",
    "SEMICOLON": ";",
    "CARET": "^",
    "BACKQUOTE": "`",
}


@dataclass
class Job:
    """One job and its results."""

    id: str
    kind: str
    operation: str
    version: str
    user_id: str
    created: str
    sobject: str = ""
    external: str | None = None
    delimiter: str = "COMMA"
    line_ending: str = "LF"
    statement: str = ""
    state: str = "Open"
    data: bytes = b""
    columns: list[str] = field(default_factory=list)
    succeeded: list[tuple[str, bool, list[str]]] = field(default_factory=list)
    failed: list[tuple[str, str, list[str]]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    polls: int = 0
    error: str | None = None


class BulkJobs:
    """The jobs of one org."""

    def __init__(self, org: "Org") -> None:
        self._org = org
        self._jobs: dict[str, Job] = {}

    def open(self, kind: str, version: str, viewer: Viewer, **about: Any) -> Job:
        """A new job."""
        job = Job(
            id=self._org.ids.next("750"),
            kind=kind,
            version=version,
            user_id=viewer.user.id,
            created=self._org.clock.stamp(),
            **about,
        )
        self._jobs[job.id] = job
        return job

    def get(self, job_id: str, kind: str) -> Job:
        """The job, or NOT_FOUND."""
        job = self._jobs.get(job_id)
        if job is None or job.kind != kind:
            raise ApiError("NOT_FOUND", "The requested resource does not exist")
        return job

    def all(self, kind: str) -> list[Job]:
        """Every job of a kind."""
        return [job for job in self._jobs.values() if job.kind == kind]

    def drop(self, job: Job) -> None:
        """Delete a job."""
        del self._jobs[job.id]

    def state(self, job: Job) -> str:
        """The state a poll sees: `bulk_polls` of them see the job still in progress."""
        if job.state != "JobComplete":
            return job.state
        job.polls += 1
        return "JobComplete" if job.polls > self._org.knobs.bulk_polls else "InProgress"


def parse_csv(job: Job) -> list[dict[str, str]]:
    """The uploaded rows by column name."""
    text = job.data.decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[job.delimiter])
    lines = [line for line in reader if line]
    if not lines:
        raise ApiError("INVALIDJOBSTATE", "The job has no data")
    job.columns = lines[0]
    return [dict(zip(job.columns, line, strict=False)) for line in lines[1:]]


def to_csv(lines: list[list[str]], job: Job) -> str:
    """Quoted CSV with the job's delimiter and line ending."""
    out = io.StringIO()
    ending = "\r\n" if job.line_ending == "CRLF" else "\n"
    csv.writer(
        out, delimiter=DELIMITERS[job.delimiter], lineterminator=ending, quoting=csv.QUOTE_ALL
    ).writerows(lines)
    return out.getvalue()
