"""Deploys template.yaml to the embedded AWS, straight from the sources, and migrates the database.

Nothing is built: functions have no dependencies of their own, and the emulator runs them on this virtual
environment's interpreter. What has not changed since the last deployment is not deployed again.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local import aws
from local.databases import logins
from local.processes import end_of
from local.secrets import password
from local.settings import ROOT, VENDOR_SETTINGS, Settings
from local.supervisor import CannotRun

SOURCES = ("template.yaml", "monitoring.yaml", "functions", "layers", "statemachines", "migrations")
ADMINISTRATOR_EMAIL = "admin@lodestar.local"
ADMINISTRATOR_PASSWORD = "Lodestar-local-1"
_DIGEST_PARAMETER = "/lodestar/local/deployed-sources"
_MIGRATION_SECONDS = 900
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def deploy(settings: Settings, *, say: Callable[[str], None]) -> dict[str, str]:
    """Deploy what changed, migrate, and give the root stack's outputs. CannotRun carries what AWS answered."""
    parameters = _parameters(settings)
    digest = _digest(parameters)
    outputs = _outputs(settings) if _deployed_digest(settings) == digest else None
    if outputs is None:
        say("Deploying template.yaml to the embedded AWS")
        _run_sam(settings, parameters)
        outputs = _outputs(settings)
        if outputs is None:
            raise CannotRun("the deployment ended without a complete stack")
        client(settings, "ssm").put_parameter(
            Name=_DIGEST_PARAMETER, Value=digest, Type="String", Overwrite=True
        )
    else:
        say("Sources are unchanged since the last deployment")
    _publish_outputs(settings, outputs)
    say(f"Migrating the database: {_migrate(settings, outputs['MigrateFunction'])}")
    _ensure_administrator(settings, outputs["UserPoolId"])
    return outputs


def client(settings: Settings, service: str) -> Any:
    """An SDK client of the embedded AWS, as the account's root."""
    access = aws.credentials(settings.aws_directory, port=settings.aws_port)
    make: Any = boto3.client  # its type lists 400 services
    return make(
        service,
        endpoint_url=access["AWS_ENDPOINT_URL"],
        region_name=aws.REGION,
        aws_access_key_id=access["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=access["AWS_SECRET_ACCESS_KEY"],
        config=Config(read_timeout=_MIGRATION_SECONDS, retries={"max_attempts": 0}),
    )


def _parameters(settings: Settings) -> dict[str, str]:
    database = logins(settings)
    return {
        "Environment": "local",
        "DatabaseUrl": database.application,
        "MigratorDatabaseUrl": database.migrator,
        "SimulatorUrl": settings.simulator_url,
        "PublicUrl": settings.public_url,
        "AwsEndpointUrl": settings.aws_url,
        "AdministratorEmail": ADMINISTRATOR_EMAIL,
        "SigningKey": password(settings.state_directory, "signing key"),
        **{VENDOR_SETTINGS[name]: value for name, value in settings.vendors.items()},
    }


def _files() -> Iterator[Path]:
    for source in SOURCES:
        start = ROOT / source
        if start.is_file():
            yield start
        for directory, names, files in os.walk(start):
            ignored = _IGNORED(directory, names + files)
            names[:] = sorted(set(names) - ignored)
            yield from (Path(directory) / file for file in sorted(set(files) - ignored))


def _digest(parameters: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    for file in _files():
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _deployed_digest(settings: Settings) -> str | None:
    try:
        answer = client(settings, "ssm").get_parameter(Name=_DIGEST_PARAMETER)
    except ClientError:
        return None
    value: str = answer["Parameter"]["Value"]
    return value


def _outputs(settings: Settings) -> dict[str, str] | None:
    """None while there is no stack whose last change came to its end."""
    try:
        stack = client(settings, "cloudformation").describe_stacks(StackName=_options()["stack_name"])[
            "Stacks"
        ][0]
    except ClientError:
        return None
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _options() -> dict[str, Any]:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    options: dict[str, Any] = config["local"]["deploy"]["parameters"]
    return options


def _run_sam(settings: Settings, parameters: Mapping[str, str]) -> None:
    sources = _copy_sources(settings.state_directory / "deployment")
    config = _write_config(sources / "samconfig.yaml", parameters)
    client(settings, "s3").create_bucket(Bucket=_options()["s3_bucket"])
    log, began = settings.state_directory / "deploy.log", datetime.now(UTC)
    sam = [sys.executable, "-m", "samcli", "deploy", "--config-file", str(config), "--config-env", "local"]
    with log.open("wb") as out:
        env = _sam_environment(settings)
        ended = subprocess.run(sam, cwd=sources, env=env, stdout=out, stderr=subprocess.STDOUT, check=False)
    if ended.returncode != 0:
        raise CannotRun(f"the deployment failed ({log}):\n{_reason(settings, since=began) or end_of(log)}")


def _copy_sources(copy: Path) -> Path:
    """An edit during the deployment, and bytecode, stay out of a copy."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for source in SOURCES:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, copy / source, ignore=_IGNORED)
        else:
            shutil.copy2(ROOT / source, copy / source)
    return copy


def _write_config(file: Path, parameters: Mapping[str, str]) -> Path:
    """JSON is YAML. A file, because a command line would show the passwords to everyone on the machine."""
    overrides = [f"{name}={json.dumps(value)}" for name, value in parameters.items()]
    options = {**_options(), "template_file": "template.yaml", "parameter_overrides": overrides}
    file.touch(mode=0o600)
    file.write_text(json.dumps({"version": 0.1, "local": {"deploy": {"parameters": options}}}, indent=2))
    return file


def _sam_environment(settings: Settings) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **own,
        **aws.credentials(settings.aws_directory, port=settings.aws_port),
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "1",
    }


def _reason(settings: Settings, *, since: datetime) -> str:
    """What the failed resources said, in the order in which they failed."""
    try:
        events = client(settings, "cloudformation").describe_stack_events(StackName=_options()["stack_name"])
    except ClientError:
        return ""
    failed = [
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
        for event in reversed(events["StackEvents"])
        if event["ResourceStatus"].endswith("FAILED") and event["Timestamp"] >= since
    ]
    return "\n".join(failed)


def _publish_outputs(settings: Settings, outputs: Mapping[str, str]) -> None:
    draft = settings.outputs_file.with_suffix(".draft")
    draft.write_text(json.dumps(outputs, indent=2, sort_keys=True))
    draft.replace(settings.outputs_file)


def _migrate(settings: Settings, function: str) -> str:
    """Run the deployment step that brings the database to the code's revision."""
    answer = client(settings, "lambda").invoke(FunctionName=function, Payload=b"{}", LogType="Tail")
    text: str = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        log = base64.b64decode(answer["LogResult"]).decode(errors="replace")
        raise CannotRun(f"the migration failed: {text}\n{log}")
    return text


def _ensure_administrator(settings: Settings, user_pool: str) -> None:
    """The person whose platform_admin membership the migrate function has created can sign in."""
    cognito = client(settings, "cognito-idp")
    try:
        cognito.admin_get_user(UserPoolId=user_pool, Username=ADMINISTRATOR_EMAIL)
    except cognito.exceptions.UserNotFoundException:
        cognito.admin_create_user(
            UserPoolId=user_pool,
            Username=ADMINISTRATOR_EMAIL,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": ADMINISTRATOR_EMAIL},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        cognito.admin_set_user_password(
            UserPoolId=user_pool,
            Username=ADMINISTRATOR_EMAIL,
            Password=ADMINISTRATOR_PASSWORD,
            Permanent=True,
        )
