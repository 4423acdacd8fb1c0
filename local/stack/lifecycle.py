"""`up` and `down`: what starts what, in which order, and what is kept because it already runs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack import gaps, layer, people, stack_file
from local.stack.aws import REGION, LocalAws
from local.stack.deployment import STACK_NAME, Deployment
from local.stack.emulator import endpoint, is_healthy, start_emulator
from local.stack.orgs import RunningOrgs, start_orgs
from local.stack.ports import free_port
from local.stack.processes import Detached, start

PROJECT = Path(__file__).resolve().parents[2]
_PREFERRED_PORT = 4566


@dataclass(frozen=True)
class Stack:
    """One local stack, kept in one directory. Two directories are two stacks that share nothing."""

    directory: Path
    say: Callable[[str], None]
    preferred_port: int = _PREFERRED_PORT

    def up(self) -> Mapping[str, Any]:
        """Everything runs the present code; what already runs is kept. Returns stack.json."""
        before = stack_file.read(self.directory, stack_file.STACK)
        stack_file.remove(self.directory, stack_file.STACK)
        aws = self._emulator()
        orgs = self._orgs(before)
        deployment = Deployment(PROJECT, self.directory, aws)
        self.say("building the functions and their layer")
        layer_path = deployment.build()
        self.say("deploying template.yaml")
        outputs = deployment.deploy(orgs.salesforce_settings())
        layer.forget_others(layer_path)
        gaps.fill(aws)
        self._follow_logs(aws)
        content = self._described(aws, outputs, orgs) | {
            "function_log": str(self._function_log),
            "built": str(deployment.built_template.parent),
            "layer_path": [str(folder) for folder in layer_path],
            "functions": aws.functions(STACK_NAME),
        }
        stack_file.write(self.directory, stack_file.STACK, content)
        return content

    def down(self) -> None:
        """Nothing that `up` started is left, and nothing that it stored."""
        for data in stack_file.read(self.directory, stack_file.PROCESSES).values():
            Detached.from_json(data).stop()
        stack_file.remove(self.directory, stack_file.STACK)
        stack_file.remove(self.directory, stack_file.PROCESSES)
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)

    def _emulator(self) -> LocalAws:
        running = self._alive("aws")
        if running and is_healthy(LocalAws(running.address)):
            return LocalAws(running.address)
        port = free_port(self.preferred_port)
        self.say(f"starting the emulated AWS on port {port}")
        python = PROJECT / ".venv-stack" / "bin" / "python"
        self._started("aws", start_emulator(self.directory, port, python))
        return LocalAws(endpoint(port))

    def _orgs(self, before: Mapping[str, Any]) -> RunningOrgs:
        if self._alive("orgs") and before:
            return RunningOrgs(before["orgs"])
        self.say("starting the stand-in orgs")
        process, orgs = start_orgs(
            PROJECT, self.directory, on_their_ports=bool(self.preferred_port)
        )
        self._started("orgs", process)
        return orgs

    def _follow_logs(self, aws: LocalAws) -> None:
        running = self._alive("function_logs")
        if running and running.address == aws.endpoint:
            return
        if running:
            running.stop()
        process = start(
            [
                sys.executable,
                "-m",
                "local.stack.function_logs",
                aws.endpoint,
                str(self._function_log),
            ],
            log=self.directory / "logs" / "follow-logs.log",
            cwd=PROJECT,
            env=dict(os.environ),
            address=aws.endpoint,
        )
        self._started("function_logs", process)

    def _described(
        self, aws: LocalAws, outputs: Mapping[str, str], orgs: RunningOrgs
    ) -> dict[str, Any]:
        people.seed_oauth_clients(aws, outputs["OAuthClientsSecretArn"], orgs.oauth_clients())
        return {
            "api_url": outputs["ApiUrl"],
            "page_url": outputs["PageUrl"],
            "region": REGION,
            "user_pool_id": outputs["UserPoolId"],
            "client_id": outputs["UserPoolClientId"],
            "users": people.seed_people(aws, outputs["UserPoolId"]),
            "orgs": orgs.described,
            "aws_endpoint_url": aws.endpoint,
            "outputs": outputs,
        }

    @property
    def _function_log(self) -> Path:
        return self.directory / "logs" / "functions.log"

    def _alive(self, name: str) -> Detached | None:
        data = stack_file.read(self.directory, stack_file.PROCESSES).get(name)
        process = Detached.from_json(data) if data else None
        return process if process and process.is_alive() else None

    def _started(self, name: str, process: Detached) -> None:
        known = stack_file.read(self.directory, stack_file.PROCESSES)
        stack_file.write(self.directory, stack_file.PROCESSES, known | {name: process.as_json()})
