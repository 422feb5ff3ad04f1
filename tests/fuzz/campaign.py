"""One caller's attack on the API as its document describes it, by Schemathesis."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events

from local.openapi.examples import BY_NAME as EXAMPLES
from local.openapi.headers import ORGANIZATION, PARAMETERS

ORIGIN = "http://lodestar.test"
PHASES = ("examples", "coverage", "fuzzing", "stateful")
REFUSALS = ["400", "401", "403", "404", "405", "409", "412", "413", "422", "429"]
"""How what does not fit the document may be refused; 412 by an If-Match that is no version."""
OF_ONE_PATH = {"unsupported_method", "allow_header_conformance"}
"""What holds of a path that no other path's template fits: `/read-marker` also is a `/{notification_id}`."""
Choose = Callable[[str, str], UUID | None]
"""Gives an id of a row that is there, for a resource and a name of an id."""


@dataclass
class Campaign:
    """What was tried, and what did not hold: one line for each kind of fault of an operation."""

    ambiguous: frozenset[str] = frozenset()
    requests: int = 0
    operations: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def add(self, scenario: events.ScenarioFinished) -> None:
        """Take what one scenario saw."""
        recorder = scenario.recorder
        self.requests += len(recorder.interactions)
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None:
                self.statuses[interaction.response.status_code] += 1
                self.operations.add(recorder.cases[case_id].value.operation.label)
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    operation = recorder.cases[case_id].value.operation.label
                    failure = check.failure_info.failure
                    fault = (operation, check.name, failure.title)
                    answer = recorder.interactions[case_id].response
                    if check.name == "positive_data_acceptance" and not _is_misread(answer):
                        continue
                    if check.name in OF_ONE_PATH and operation.split()[1] in self.ambiguous:
                        continue
                    self.faults.setdefault(
                        fault, _told(failure.message, check.failure_info.code_sample, answer)
                    )

    @property
    def wrong(self) -> list[str]:
        """The faults, as a person reads them."""
        return [
            f"{operation}: {check}: {told}" for (operation, check, _), told in sorted(self.faults.items())
        ]


def run(
    document: Mapping[str, Any],
    *,
    app: Any = None,
    origin: str = ORIGIN,
    token: str | None,
    organization: UUID | None,
    phases: Iterable[str] = PHASES,
    examples: int,
    seed: int,
    choose: Choose = lambda resource, name: None,
    only: Callable[[str], bool] = lambda label: True,
) -> Campaign:
    """Attack the operations whose label (`GET /v1/...`) is wanted. The same seed asks the same questions."""
    schema = schemathesis.openapi.from_dict(
        dict(document), config=_settings(origin, token, set(phases), examples, seed)
    )
    schema.app = app

    def before_call(_context: Any, case: Any, _options: Any) -> None:
        _use_real_ids(case, choose)
        if isinstance(case.query, dict) and case.query.get("cursor") == EXAMPLES["cursor"]:
            del case.query["cursor"]
        if case.headers and _is_id(case.headers.get(ORGANIZATION)):
            case.headers[ORGANIZATION] = str(organization)
        if case.headers and case.headers.get("Idempotency-Key") == PARAMETERS["Idempotency-Key"]["example"]:
            case.headers["Idempotency-Key"] = str(case.id)
        if case.headers and case.headers.get("If-Match") == PARAMETERS["If-Match"]["example"]:
            del case.headers["If-Match"]

    schemathesis.hook(before_call)
    try:
        return _fought(schema.include(lambda context: only(context.operation.label)))
    finally:
        schemathesis.hooks.unregister(before_call)


def _fought(schema: Any) -> Campaign:
    campaign = Campaign(ambiguous=frozenset(_ambiguous(list(schema.raw_schema["paths"]))))
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            campaign.add(event)
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.NonFatalError):
            campaign.faults[event.label, "error", str(event.info)] = str(event.info)
    return campaign


def _settings(
    origin: str, token: str | None, phases: set[str], examples: int, seed: int
) -> SchemathesisConfig:
    checks = {
        "negative_data_rejection": {"expected-statuses": REFUSALS},
        "positive_data_acceptance": {"enabled": False},
        "missing_required_header": {
            "enabled": False
        },  # it cannot leave out a header that every request is sent with
    }
    told = {"checks": {"positive_data_acceptance": {"enabled": True}}}
    return SchemathesisConfig.from_dict(
        {
            "base-url": origin,
            "seed": seed,
            "workers": 1,
            "continue-on-failure": True,
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
            "phases": {
                name: {"enabled": name in phases, **(told if name == "examples" else {})} for name in PHASES
            },
            "checks": checks,
            "cache": {"enabled": False},
        }
    )


def _ambiguous(paths: list[str]) -> Iterator[str]:
    patterns = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in paths}
    for path in paths:
        if any(pattern.fullmatch(path) for other, pattern in patterns.items() if other != path):
            yield path


def _is_misread(answer: Any) -> bool:
    """Whether one field that fits the document was refused for its form: not for the state that things are in, nor by
    a rule across fields, nor because JSON Schema takes 1.0 for an integer, which no client sends."""
    errors = json.loads(answer.content).get("errors", ())
    return any(e["field"] and e["code"] != "int_type" and not e["code"].startswith("no_such") for e in errors)


def _use_real_ids(case: Any, choose: Choose) -> None:
    """Ids that the fuzzer made up give way, three times of four, to those of rows that are there."""
    resource = case.operation.path.split("/")[3].replace("-", "_")
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            for name, value in part.items():
                if _is_id(value) and not _one_in(4, str(value)):
                    part[name] = str(choose(resource, name) or value)


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _one_in(count: int, text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % count == 0


def _told(message: str, curl: str, answer: Any) -> str:
    body = answer.content[:300] if answer is not None else b""
    status = answer.status_code if answer is not None else "no answer"
    return f"{' '.join(message.split())[:300]} | {status} {body!r} | {curl[:600]}"
