"""A new function's files, and its block in the domain's template."""

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from local.scaffold import texts

OPEN_PATHS = ("/public/", "/webhooks/")
QUEUE_TIMEOUTS = 6
"""AWS asks for a visibility timeout of at least six times the function's timeout."""
REACTION_SECONDS = 10
"""A message whose worker died comes back after six times this: soon enough for what waits for it."""
ORGANIZATION = "01890000-0000-7000-8000-0000000000a0"
EXAMPLE_ID = "01890000-0000-7000-8000-0000000000b0"


def camel(name: str) -> str:
    """A function's logical id: `lesson_items` is `LessonItems`."""
    return "".join(part.capitalize() for part in re.split(r"[_-]", name))


def api_events(routes: Iterable[APIRoute]) -> list[str]:
    """The lines of a function's `Events`: one event per operation, named for the operation's function."""
    lines = []
    for route in routes:
        methods = sorted(route.methods or ())
        for method in methods:
            name = camel(route.name) + ("" if len(methods) == 1 else method.capitalize())
            auth = ", Auth: {Authorizer: NONE}" if any(part in route.path for part in OPEN_PATHS) else ""
            path = f'"{route.path}"' if "{" in route.path else route.path
            properties = f"{{RestApiId: !Ref Api, Method: {method}, Path: {path}{auth}}}"
            lines.append(f"        {name}: {{Type: Api, Properties: {properties}}}\n")
    return lines


class Scaffold:
    """One function to be: its names, and the files that make it."""

    def __init__(self, *, root: Path, kind: str, domain: str, name: str, detail: str = "") -> None:
        self.root, self.kind, self.domain, self.name = root, kind, domain, name.replace("-", "_")
        event_domain, _, event_name = detail.partition(".")
        self.words = {
            "kind": kind, "domain": domain, "name": self.name, "logical_id": camel(name), "event": detail,
            "path": f"/v1/{domain}/{self.name.replace('_', '-')}", "words": self.name.replace("_", " "),
            "event_domain": event_domain, "event_class": camel(event_name), "rate": detail or "rate(1 minute)",
            "timeout": REACTION_SECONDS, "visibility": REACTION_SECONDS * QUEUE_TIMEOUTS,
        }  # fmt: skip
        self.template = root / "functions" / domain / "template.yaml"

    def write(self) -> list[Path]:
        """Write what is missing, and the template's block. Returns the files that were made or changed."""
        package = self.root / "functions" / self.domain / "src" / self.domain / f"{self.kind}s"
        tests = self.root / "tests" / self.domain
        changed = self._create(package / "__init__.py", "")
        made = self._create(package / f"{self.name}.py", self._fill(texts.MODULES[self.kind]))
        if made:
            changed += [*made, *self._create(tests / "__init__.py", "")]
            changed += self._create(tests / f"test_{self.name}.py", self._fill(texts.TESTS[self.kind]))
        changed += self._create(self.root / "events" / self.domain / f"{self.name}.json", self._sample())
        before = self.template.read_text()
        after = self._with_block(before)
        if after != before:
            self.template.write_text(after)
            changed.append(self.template)
        return changed

    def _fill(self, text: str) -> str:
        return text.format(**self.words)

    @staticmethod
    def _create(path: Path, text: str) -> list[Path]:
        if path.exists():
            return []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return [path]

    def _with_block(self, template: str) -> str:
        block = rf"^  {self.words['logical_id']}:\n(?:^    .*\n)*"
        found = re.search(block, template, re.MULTILINE)
        if found and self.kind == "endpoint":
            kept = re.sub(r"^      Events:\n(?:^        .*\n)*", "", found[0], flags=re.MULTILINE)
            return template.replace(found[0], kept + self._events())
        if found:
            return template
        if self.kind == "reaction":
            template = self._with_queue_rights(template)
            new = self._fill(texts.QUEUE) + self._fill(texts.FUNCTION) + self._fill(texts.MESSAGES)
        elif self.kind == "schedule":
            new = self._fill(texts.FUNCTION) + self._fill(texts.TIMER)
        elif self.kind == "task":
            new = self._fill(texts.FUNCTION)
            template = template.rstrip("\n") + self._fill(
                "\n  {logical_id}Arn: {{Value: !GetAtt {logical_id}.Arn}}\n"
            )
        else:
            new = self._fill(texts.FUNCTION) + self._events()
        return template.replace("\nOutputs:\n", f"{new}\nOutputs:\n", 1)

    def _with_queue_rights(self, template: str) -> str:
        keep = "              - Sid: KeepWhatFailed\n"
        if "- Sid: ConsumeQueues\n" not in template:
            template = template.replace(keep, texts.CONSUME + keep, 1)
        resources = re.compile(r"(- Sid: ConsumeQueues\n(?:.*\n){2} +Resource:\n(?: {18}- .*\n)*)")
        template = resources.sub(
            self._fill(r"\g<1>                  - !GetAtt {logical_id}Queue.Arn" + "\n"), template, count=1
        )
        queues = re.compile(r"(      Queues:\n(?: {8}- .*\n)*)")
        return queues.sub(self._fill(r"\g<1>        - !Ref {logical_id}Queue" + "\n"), template, count=1)

    def _events(self) -> str:
        return "      Events:\n" + "".join(api_events(self._routes()))

    def _routes(self) -> list[APIRoute]:
        for path in (self.root / "functions" / self.domain / "src", self.root / "layers" / "common"):
            if str(path) not in sys.path:
                sys.path.insert(0, str(path))
        module = importlib.import_module(f"{self.domain}.endpoints.{self.name}")
        return [route for route in module.router.routes if isinstance(route, APIRoute)]

    def _sample(self) -> str:
        make: dict[str, Callable[[], dict[str, Any]]] = {
            "endpoint": self._api_sample, "reaction": self._queue_sample, "task": lambda: {"org_id": ORGANIZATION},
            "schedule": dict,
        }  # fmt: skip
        return json.dumps(make[self.kind](), indent=2) + "\n"

    def _api_sample(self) -> dict[str, Any]:
        route = self._routes()[0]
        method, path = min(route.methods or ()), re.sub(r"\{\w+\}", EXAMPLE_ID, route.path)
        context = {
            "user_id": "01890000-0000-7000-8000-000000000001",
            "memberships": json.dumps({ORGANIZATION: ["learner"]}),
            "expires_at": "4102444800",
        }
        is_open = any(part in path for part in OPEN_PATHS)
        return {
            "resource": route.path, "path": path, "httpMethod": method,
            "headers": {"Host": "localhost", "Content-Type": "application/json"},
            "multiValueHeaders": {"Host": ["localhost"], "Content-Type": ["application/json"]},
            "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "httpMethod": method, "path": f"/live{path}", "stage": "live", "requestId": "sample",
                "identity": {"sourceIp": "127.0.0.1"}, **({} if is_open else {"authorizer": context}),
            },
            "body": _example_body(route), "isBase64Encoded": False,
        }  # fmt: skip

    def _queue_sample(self) -> dict[str, Any]:
        envelope = {
            "version": "0", "id": "01890000-0000-7000-8000-0000000000e0", "source": f"lodestar.{self.words['event_domain']}",
            "detail-type": self.words["event"], "time": "2026-01-05T09:00:00Z", "region": "us-east-1", "resources": [],
            "detail": {
                "event_id": "01890000-0000-7000-8000-0000000000e1", "org_id": ORGANIZATION, "version": 1,
                "occurred_at": "2026-01-05T09:00:00+00:00", "correlation_id": "sample", "data": self._event_data(),
            },
        }  # fmt: skip
        return {"Records": [{"messageId": "sample", "eventSource": "aws:sqs", "body": json.dumps(envelope)}]}

    def _event_data(self) -> dict[str, Any]:
        contract = importlib.import_module(f"lodestar.contracts.{self.words['event_domain']}")
        schema = getattr(contract, str(self.words["event_class"])).model_json_schema()
        return {
            name: _example(field, schema.get("$defs", {})) for name, field in schema["properties"].items()
        }


def _example_body(route: APIRoute) -> str | None:
    """The fields that the operation's body must have, as JSON."""
    if route.body_field is None:
        return None
    schema = TypeAdapter[Any](route.body_field.field_info.annotation or Any).json_schema()
    needed = {name: schema["properties"][name] for name in schema.get("required", [])}
    return json.dumps({name: _example(field, schema.get("$defs", {})) for name, field in needed.items()})


def _example(field: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """A value of the field's type; what only a person can choose well is theirs to change in the sample."""
    if "$ref" in field:
        return _example(definitions[field["$ref"].rsplit("/", 1)[-1]], definitions)
    if "anyOf" in field:
        return _example(field["anyOf"][0], definitions)
    if "enum" in field:
        return field["enum"][0]
    formats = {
        "uuid": EXAMPLE_ID,
        "email": "learner@example.org",
        "uri": "https://example.org",
        "date-time": "2026-01-05T09:00:00Z",
    }
    types = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}, "null": None}
    return formats.get(field.get("format", ""), types.get(field["type"], "sample"))
