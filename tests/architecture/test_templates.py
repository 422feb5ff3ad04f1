"""The domains' templates are alike where nothing distinguishes them, and complete where something does."""

from typing import Any

import pytest

from tests.architecture import tree
from tests.architecture.tree import DOMAINS, STACKS, Function, camel, functions, resources, stack

VENDOR_SETTINGS = {
    "MEDIA_BUCKET", "AI_MODELS", "AI_TIMEOUT_SECONDS", "MARKETING_PER_DAY", "MARKETING_PER_WEEK", "GOOGLE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "GITHUB_TOKEN",
    "EMAIL_VENDOR", "EMAIL_FROM", "SES_CONFIGURATION_SET", "SENDGRID_API_KEY", "AISENSY_API_KEY",
    "AISENSY_WEBHOOK_SECRET", "BOLNA_API_KEY",
    "BOLNA_FROM_NUMBER", "USE_REAL_EXTERNAL_APIS", "VENDOR_KEYS_SECRET_ARN", "SIGNING_KEY", "SIGNING_KEY_SECRET_ARN",
    "USER_POOL_ID", "USER_POOL_CLIENT_ID", "TOKEN_ISSUER", "JWKS_URL",
}  # fmt: skip
"""Settings that some domains need and the others must not be given."""
SECRETS = {
    "GOOGLE_API_KEY", "OPENAI_API_KEY", "GITHUB_TOKEN", "SENDGRID_API_KEY", "AISENSY_API_KEY", "AISENSY_WEBHOOK_SECRET",
    "BOLNA_API_KEY", "SIGNING_KEY",
}  # fmt: skip
CLOUDFORMATION_RESOURCES = 500
DERIVED = {"Role", "Version", "Aliaslive", "EventInvokeConfig", "EventInvokeConfigOnSuccessQueue"}


def common_part(domain: str) -> dict[str, Any]:
    """`Globals` without what is this domain's own."""
    function = dict(stack(domain)["Globals"]["Function"])
    variables = dict(function.pop("Environment")["Variables"])
    assert variables.pop("SERVICE") == domain
    return {**function, "variables": {k: v for k, v in variables.items() if k not in VENDOR_SETTINGS}}


@pytest.mark.parametrize("domain", STACKS)
def test_globals_are_alike_in_every_domain(domain: str) -> None:
    assert common_part(domain) == common_part("backbone")


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("logical_id", ["Api", "LogGroup", "DeadLetters"])
def test_what_every_domain_has_is_alike(domain: str, logical_id: str) -> None:
    assert stack(domain)["Resources"][logical_id] == stack("identity")["Resources"][logical_id]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_is_a_nested_stack_with_a_published_url(domain: str) -> None:
    root = tree.template("template.yaml")
    application = root["Resources"][camel(domain)]
    assert application["Properties"]["Location"] == f"functions/{domain}/template.yaml"
    assert root["Outputs"][f"{camel(domain)}Api"]["Value"] == {
        "Fn::GetAtt": f"{camel(domain)}.Outputs.ApiUrl"
    }


@pytest.mark.parametrize("domain", STACKS)
def test_a_nested_stack_gets_exactly_its_parameters(domain: str) -> None:
    given = tree.template("template.yaml")["Resources"][camel(domain)]["Properties"]["Parameters"]
    assert set(given) == set(stack(domain)["Parameters"])


@pytest.mark.parametrize("domain", STACKS)
def test_vendor_keys_are_plain_settings_on_a_developers_machine_only(domain: str) -> None:
    variables = stack(domain)["Globals"]["Function"]["Environment"]["Variables"]
    for name in SECRETS & set(variables):
        assert variables[name]["Fn::If"][:2] == ["IsAws", {"Ref": "AWS::NoValue"}], name


@pytest.mark.parametrize("function", functions(), ids=str)
def test_a_function_names_its_role(function: Function) -> None:
    role = function.properties.get("Role", {}).get("Fn::GetAtt", "")
    assert role.endswith("Role.Arn"), "SAM would make one that no one has read"
    assert "Policies" not in function.properties, "an explicit Role switches them off without a word"


@pytest.mark.parametrize("function", functions(), ids=str)
def test_a_function_is_called_as_its_file(function: Function) -> None:
    if function.kind:
        assert function.logical_id == camel(function.name)
    assert function.properties["Handler"].endswith(".handler")


@pytest.mark.parametrize("function", functions(), ids=str)
def test_a_layer_is_named_once(function: Function) -> None:
    own = function.properties.get("Layers") or []
    assert {"Ref": "CommonLayer"} not in own, "those of Globals are added, and AWS refuses a layer twice"


@pytest.mark.parametrize("function", functions("endpoints"), ids=str)
def test_an_endpoint_answers_before_the_gateway_gives_up(function: Function) -> None:
    assert function.timeout < 29


@pytest.mark.parametrize("domain", STACKS)
def test_logical_ids_do_not_collide_with_those_that_sam_derives(domain: str) -> None:
    declared = set(stack(domain)["Resources"])
    for function in functions():
        if function.domain != domain:
            continue
        events = {function.logical_id + event for event in function.events}
        roles = {event + "Role" for event in events} | {event + "Permission" for event in events}
        derived = events | roles | {function.logical_id + suffix for suffix in DERIVED}
        own_role = function.properties["Role"]["Fn::GetAtt"].removesuffix(".Arn")
        assert not declared & (derived - {own_role}), function


@pytest.mark.parametrize("domain", STACKS)
def test_a_stack_stays_within_cloudformations_limit(domain: str) -> None:
    derived = sum(2 + 2 * len(function.events) for function in functions() if function.domain == domain)
    assert len(stack(domain)["Resources"]) + derived < CLOUDFORMATION_RESOURCES


@pytest.mark.parametrize("domain", STACKS)
def test_dead_letters_raise_an_alarm(domain: str) -> None:
    watched = [alarm.get("Dimensions") for alarm in resources(domain, "AWS::CloudWatch::Alarm").values()]
    assert [{"Name": "QueueName", "Value": {"Fn::GetAtt": "DeadLetters.QueueName"}}] in watched


def test_every_handler_file_is_a_function_and_the_other_way_round() -> None:
    functions_of_kinds = functions(*tree.KINDS)
    declared = [function.path for function in functions_of_kinds]
    assert len(set(declared)) == len(declared)
    assert {tree.relative(path) for path in declared} == {tree.relative(p) for p in tree.handler_files()}


@pytest.mark.parametrize("function", functions(), ids=str)
def test_every_handler_path_imports(function: Function) -> None:
    if function.source.name == "src":
        assert callable(function.module.handler)
    else:
        assert function.path.is_file()
