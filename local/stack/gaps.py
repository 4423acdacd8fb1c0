"""What the template says and the emulator's CloudFormation leaves out, set through its API instead.

Each entry is a limitation of ministack 1.5.33, not of the template: in AWS this module has no
counterpart. docs/decisions/0003-local-aws.md lists them.
"""

from __future__ import annotations

from typing import Any

from local.stack.aws import LocalAws
from local.stack.deployment import STACK_NAME


def fill(aws: LocalAws) -> None:
    """Bring the deployed stack to what its template says. May be repeated."""
    resources = {name: physical for name, _, physical in aws.resources(STACK_NAME)}
    template = aws.client("cloudformation").get_template(
        StackName=STACK_NAME, TemplateStage="Processed"
    )["TemplateBody"]
    for name, declared in template["Resources"].items():
        properties = declared.get("Properties", {})
        if "RecursiveLoop" in properties:
            _allow_recursion(aws, resources[name], properties["RecursiveLoop"])
        if declared["Type"] == "AWS::ApiGateway::RestApi":
            _set_gateway_responses(aws, resources[name], properties["Body"])


def _allow_recursion(aws: LocalAws, function: str, loop: str) -> None:
    aws.client("lambda").put_function_recursion_config(FunctionName=function, RecursiveLoop=loop)


def _set_gateway_responses(aws: LocalAws, api: str, body: dict[str, Any]) -> None:
    gateway = aws.client("apigateway")
    for kind, response in body.get("x-amazon-apigateway-gateway-responses", {}).items():
        gateway.put_gateway_response(
            restApiId=api,
            responseType=kind,
            responseParameters=response.get("responseParameters", {}),
            responseTemplates=response.get("responseTemplates", {}),
            **({"statusCode": str(response["statusCode"])} if "statusCode" in response else {}),
        )
    for stage in gateway.get_stages(restApiId=api)["item"]:
        deployment = gateway.create_deployment(restApiId=api)["id"]
        gateway.update_stage(
            restApiId=api,
            stageName=stage["stageName"],
            patchOperations=[{"op": "replace", "path": "/deploymentId", "value": deployment}],
        )
