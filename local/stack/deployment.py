"""Build and deploy template.yaml with the SAM CLI, the way an operator does."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack import layer
from local.stack.aws import REGION, LocalAws

STACK_NAME = "crmsync"
_LOG_TAIL_LINES = 40
# `sam build` looks there for the interpreter that it builds for.
_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


@dataclass(frozen=True)
class Deployment:
    """One checkout, built into one directory and deployed to one emulated account."""

    project: Path
    directory: Path
    aws: LocalAws

    @property
    def built_template(self) -> Path:
        """The template that `build` leaves: paths point at what was built."""
        return self.directory / "sam" / "build" / "template.yaml"

    def build(self) -> Sequence[Path]:
        """Build for the interpreter that runs this, because the emulator runs functions with it.

        Returns the layer's part of the import path.
        """
        self._sam(
            "build",
            "--template-file",
            str(self.project / "template.yaml"),
            "--build-dir",
            str(self.built_template.parent),
            "--cached",
            "--cache-dir",
            str(self.directory / "sam" / "cache"),
            "--parameter-overrides",
            *_overrides(_interpreter()),
        )
        built = self.built_template.parent / "SharedLayer"
        return layer.set_aside(built, self.directory / "sam" / "layers")

    def deploy(self, salesforce_settings: Mapping[str, Any]) -> dict[str, str]:
        """Create or update the stack; its outputs."""
        parameters = {
            **_interpreter(),
            "DeletionProtection": "false",
            "EmulatorUrl": self.aws.endpoint,
            "LogLevel": "DEBUG",
            "RateLimitScale": "1000",
            "RunSyncTimeout": "60",
            "SalesforceSettings": json.dumps(salesforce_settings, separators=(",", ":")),
        }
        self._sam(
            "deploy",
            "--template-file",
            str(self.built_template),
            "--stack-name",
            STACK_NAME,
            "--region",
            REGION,
            "--parameter-overrides",
            *_overrides(parameters),
        )
        return self.aws.outputs(STACK_NAME)

    def _sam(self, command: str, *arguments: str) -> None:
        log = self.directory / "logs" / f"sam-{command}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        own = self.directory / "sam"  # the SAM CLI keeps what it downloads where it is started
        own.mkdir(parents=True, exist_ok=True)
        config = ["--config-file", str(self.project / "samconfig.toml"), "--config-env", "local"]
        with log.open("w") as sink:
            ended = subprocess.run(
                [str(self.project / ".venv-sam/bin/sam"), command, *config, *arguments],
                cwd=own,
                env=self.aws.environment() | {"SAM_CLI_TELEMETRY": "0", "PATH": _PATH},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode:
            raise RuntimeError(f"sam {command} failed; the end of {log}:\n{_tail(log)}")


def _interpreter() -> dict[str, str]:
    machine = {"arm64": "arm64", "aarch64": "arm64"}.get(platform.machine(), "x86_64")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"PythonRuntime": f"python{version}", "Architecture": machine}


def _overrides(parameters: Mapping[str, str]) -> Sequence[str]:
    return [f"{name}={_quoted(value)}" for name, value in parameters.items()]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
