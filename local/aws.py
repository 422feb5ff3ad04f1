"""AWS on 127.0.0.1: one emulator process, its state in a directory, IAM enforced."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx

from local.processes import spawn
from local.secrets import password

REGION = "us-east-1"
CODE_CACHE_SETTING = "LODESTAR_CODE_CACHE"
ACCESS_KEY = "lodestar"
# 64 concurrent cold starts took 25 s on two cores and exhausted 100 database connections.
CONCURRENCY = 32
WARM_SECONDS = 300


def endpoint(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def credentials(directory: Path, *, port: int) -> dict[str, str]:
    """The environment in which an AWS SDK, or `sam`, speaks to this emulator as the account's root."""
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": password(directory, ACCESS_KEY),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint(port),
    }


def start(directory: Path, *, port: int, module: str = "local.emulator") -> subprocess.Popen[bytes]:
    """Start the emulator; it answers when `is_ready`. Tests start `module` "ministack", as it is unpatched."""
    directory.mkdir(parents=True, exist_ok=True)
    scratch, code = directory / "scratch", directory / "code"
    shutil.rmtree(scratch, ignore_errors=True)  # what workers of a killed emulator left
    scratch.mkdir(exist_ok=True)  # such workers may still write there
    code.mkdir(exist_ok=True)
    environment = {
        # Functions inherit the emulator's environment: it gets nothing of the developer's own.
        **{
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "LANG", "HOME", "VIRTUAL_ENV")
        },
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": password(directory, ACCESS_KEY),
        "AWS_DEFAULT_REGION": REGION,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(directory / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(directory / "s3"),
        "LAMBDA_ACCOUNT_CONCURRENCY": str(CONCURRENCY),
        "LAMBDA_WARM_TTL_SECONDS": str(WARM_SECONDS),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(scratch),
        CODE_CACHE_SETTING: str(code),
    }
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", module]
    return spawn(command, log=directory / "aws.log", environment=environment, directory=root)


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"{endpoint(port)}/_ministack/ready", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
