"""R8: what is only read cannot be written: every body is closed, down to its innermost object."""

from collections.abc import Iterator

import pytest

from lodestar.principal import Role
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, call
from tests.proof import Proof
from tests.security.operations import (
    Operation,
    Schema,
    alternatives,
    example,
    filled,
    operations,
    resolved,
)
from tests.security.test_matrix import absent

pytestmark = pytest.mark.proof
ALWAYS = frozenset({"id", "org_id", "version", "created_at"})


def writing() -> list[Operation]:
    """What takes a body of ours; a vendor's webhook is the vendor's, and read as it is."""
    return [o for o in operations() if o.body_schema and "/webhooks/" not in o.path]


def read_only(operation: Operation, body: Schema) -> frozenset[str]:
    """What its answers hold and this body does not."""
    answered = {
        name for option in alternatives(operation.answer_schema) for name in option.get("properties", {})
    }
    return frozenset(ALWAYS | answered) - frozenset(body.get("properties", {}))


def bodies(operation: Operation) -> Iterator[Schema]:
    assert operation.body_schema is not None
    yield from (option for option in alternatives(operation.body_schema) if option.get("type") == "object")


def refused_fields(operation: Operation, body: Schema, extra: frozenset[str], *, as_: Person) -> set[str]:
    """Of `extra`, the fields that were refused as unknown."""
    content = filled(example(body), absent) | dict.fromkeys(extra, "1")
    answer = call(operation.method.upper(), operation.url(absent), as_=as_, body=content)
    unknown = [e for e in answer.json.get("errors") or [] if e["code"] == "extra_forbidden"]
    return {error["field"].rsplit(".", 1)[-1] for error in unknown}


def test_no_read_only_field_is_written(proof: Proof, product: None) -> None:
    everything = a_person(an_organization(), *Role)
    accepted, tried = [], 0
    for operation in writing():
        for body in bodies(operation):
            extra = read_only(operation, body)
            tried += len(extra)
            refused = refused_fields(operation, body, extra, as_=everything)
            accepted += [f"{operation}: {name}" for name in sorted(extra - refused)]
            assert not refused_fields(operation, body, frozenset(), as_=everything)
    proof.found("R8", "read-only fields x writes", tried=tried, wrong=accepted)


def test_a_field_that_is_written_is_noticed(proof: Proof, product: None) -> None:
    """The control: the fields that a body does take are not refused as unknown."""
    everything = a_person(an_organization(), *Role)
    known = [(o, body, frozenset(body.get("properties", {}))) for o in writing() for body in bodies(o)]
    caught = [o for o, body, names in known if names - refused_fields(o, body, names, as_=everything)]
    proof.control("R8", "bodies closed", tried=len(known), caught=len(caught))
    assert len(caught) > 0.9 * len(known)


def test_every_object_of_every_body_is_closed(proof: Proof) -> None:
    found = {str(operation): set(_open(operation.body_schema or {})) for operation in writing()}
    assert len(found) > 50
    wrong = [f"{name}: {sorted(titles)}" for name, titles in found.items() if titles]
    proof.found("R8", "bodies closed down to the innermost object", tried=len(found), wrong=wrong)


def _open(schema: Schema) -> Iterator[str]:
    """The titles of the objects within that take unknown fields; maps, which have no fields, aside."""
    for option in alternatives(resolved(schema)):
        if "properties" in option:
            if option.get("additionalProperties") is not False:
                yield option.get("title", "?")
            for field in option["properties"].values():
                yield from _open(field)
        if "items" in option:
            yield from _open(option["items"])
