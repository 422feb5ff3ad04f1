"""Template and routers tell the same story, and a URL names its file."""

from datetime import date

import pytest
from fastapi.dependencies.utils import get_flat_params

from local.scaffold.function import api_events
from lodestar.api import _read_session
from tests.architecture.tree import Function, functions, routes

endpoints = pytest.mark.parametrize("function", functions("endpoints"), ids=str)
OPEN = ("public", "webhooks")


def declared(function: Function) -> list[tuple[str, str]]:
    """Method and path of every API event in the function's block."""
    return [
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for event in function.events.values()
        if event["Type"] == "Api"
    ]


@endpoints
def test_every_route_has_exactly_one_event_and_the_other_way_round(function: Function) -> None:
    events = declared(function)
    fix = f"python -m local.scaffold endpoint {function.domain} {function.name}"
    assert sorted(events) == sorted(routes(function)), f"bring the template up to date with: {fix}"
    assert len(function.events) == len(events), "an endpoint is called by its API and by nothing else"


@endpoints
def test_the_first_two_segments_of_a_url_are_the_folder_and_the_file(function: Function) -> None:
    start = f"/v1/{function.domain}/{function.name.replace('_', '-')}"
    for _, path in routes(function):
        assert path == start or path.startswith(f"{start}/"), path


@endpoints
def test_only_public_resources_and_webhooks_go_without_the_authorizer(function: Function) -> None:
    for name, event in function.events.items():
        properties = event["Properties"]
        is_open = properties["Path"].split("/")[3] in OPEN
        assert properties.get("Auth") == ({"Authorizer": "NONE"} if is_open else None), name
        assert properties["RestApiId"] == {"Ref": "Api"}, name


@endpoints
def test_no_two_operations_share_a_name(function: Function) -> None:
    assert len({line.split(":")[0] for line in api_events(function.module.router.routes)}) == len(
        routes(function)
    )


@endpoints
def test_every_post_keeps_its_answer_under_its_key(function: Function) -> None:
    """Two previews read only, so that their keys were taken by nobody: another body got an answer, not a 422."""
    for route in function.module.router.routes:
        if "POST" in route.methods:
            opened = {dependency.call for dependency in route.dependant.dependencies}
            assert _read_session not in opened, (
                f"{route.path} takes a WriteSession, even where it changes nothing"
            )


@endpoints
def test_no_number_is_a_day_or_a_moment_in_a_url(function: Function) -> None:
    """`?to=0` asked for everybody enrolled until the first of January 1970, and was answered: `Day` and `Moment`
    refuse it, as bodies do."""
    for route in function.module.router.routes:
        for parameter in get_flat_params(route.dependant):
            value, _ = parameter.validate("0", {}, loc=("query", parameter.name))
            assert not isinstance(value, date), f"{route.path}: {parameter.alias}"
