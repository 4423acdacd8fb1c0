"""Plans, results and records as compressed S3 objects, written once.

A key that exists is never written again. The SHA-256 in a `PartRef` is of the text, so it does not
depend on how well one machine compresses.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from functools import cache

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws_failures import aws_failures, code_of
from crmsync.domain.change import Change
from crmsync.domain.errors import CrmSyncError, Retry
from crmsync.domain.run import PartRef

MOST_CHANGES = 2_000
"""A part that fits into a worker's memory many times over."""

_EXISTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_MISSING = frozenset({"NoSuchKey", "404"})


class S3Artifacts:
    """`Artifacts` in one bucket, each tenant under its own prefix."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def write_part(self, tenant_id: str, key: str, changes: Sequence[Change]) -> PartRef:
        """Store a part of at most 2,000 changes unless the key exists.

        Then the stored one must hold the same changes, however their sets were ordered.
        """
        if len(changes) > MOST_CHANGES:
            msg = f"part {key} has {len(changes)} changes; a part holds {MOST_CHANGES} at most"
            raise ValueError(msg)
        text = _parts().dump_json(list(changes)).decode()
        stored = self._write(tenant_id, key, text)
        if stored != text and _parts().validate_json(stored) != list(changes):
            raise _differs(key)
        return PartRef(key, _digest(stored), count=len(changes))

    def read_part(self, tenant_id: str, ref: PartRef) -> tuple[Change, ...]:
        """The part; raises `Retry` when it is missing or its SHA-256 differs."""
        return tuple(_parts().validate_json(self.read_record(tenant_id, ref)))

    def write_record(self, tenant_id: str, key: str, text: str) -> PartRef:
        """Store a text document unless the key exists; the reference is to what is stored."""
        return PartRef(key, _digest(self._write(tenant_id, key, text)))

    def read_record(self, tenant_id: str, ref: PartRef) -> str:
        """A text document; raises `Retry` when it is missing or its SHA-256 differs."""
        text = self._read(tenant_id, ref.key)
        if _digest(text) != ref.sha256:
            raise Retry("artifact_differs", f"{ref.key} is not what its run names; read it again.")
        return text

    def _write(self, tenant_id: str, key: str, text: str) -> str:
        """What is stored under the key afterwards: ours, or what was there already."""
        packed = gzip.compress(text.encode(), mtime=0)
        with aws_failures("PutObject"):
            try:
                self._clients.s3.put_object(
                    Bucket=self._bucket,
                    Key=f"{tenant_id}/{key}",
                    Body=packed,
                    ContentEncoding="gzip",
                    ContentType="application/octet-stream",
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) not in _EXISTS:
                    raise
                return self._read(tenant_id, key)
        return text

    def _read(self, tenant_id: str, key: str) -> str:
        with aws_failures("GetObject"):
            try:
                answer = self._clients.s3.get_object(Bucket=self._bucket, Key=f"{tenant_id}/{key}")
                packed = answer["Body"].read()
            except ClientError as error:
                if code_of(error) not in _MISSING:
                    raise
                raise Retry("artifact_missing", f"{key} is not there; read it again.") from error
        return _unpacked(packed, key)


@cache
def _parts() -> TypeAdapter[list[Change]]:
    return TypeAdapter(list[Change])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _unpacked(packed: bytes, key: str) -> str:
    try:
        return gzip.decompress(packed).decode()
    except (OSError, EOFError, ValueError) as error:
        raise Retry("artifact_differs", f"{key} is damaged; read it again.") from error


def _differs(key: str) -> CrmSyncError:
    text = f"{key} exists with other contents. Keys are named by run and fence, so this is a bug."
    return CrmSyncError("artifact_taken", text)
