"""`python -m local run|stop|clean|status|logs|redrive`."""

import argparse
import json
import sys
from dataclasses import replace

from local import stack
from local.deploy import client
from local.logs import show
from local.run import run
from local.settings import Settings
from local.supervisor import CannotRun


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="Lodestar on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("run", help="start what is missing and keep it running until Ctrl-C")
    start.add_argument("--detach", action="store_true", help="return when it is ready; `stop` ends it")
    start.add_argument("--unseeded", action="store_true", help="without the seed data")
    commands.add_parser("stop", help="end everything; the data stays")
    commands.add_parser("clean", help="end everything and remove the data")
    commands.add_parser("status", help="say what runs")
    logs = commands.add_parser("logs", help="print what the functions have logged")
    logs.add_argument("words", nargs="*", help="that a line must hold, a correlation id for one")
    redrive = commands.add_parser("redrive", help="send a domain's dead letters back to where they came from")
    redrive.add_argument("domain")
    return parser


def main(arguments: list[str]) -> int:
    """The exit status: 0 when done as asked, and `status` says 1 when nothing runs."""
    asked = _parser().parse_args(arguments)
    settings = Settings.from_environment()
    settings = replace(settings, seeded=settings.seeded and not getattr(asked, "unseeded", False))
    try:
        match asked.command:
            case "run" if asked.detach:
                stack.start(settings)
            case "run":
                run(settings)
            case "stop":
                stack.Stack(settings).stop()
            case "clean":
                stack.clean(settings)
            case "status":
                return _status(settings)
            case _ if not stack.is_running(settings):
                return _status(settings)
            case "logs":
                show(settings, asked.words)
            case "redrive":
                print(_redriven(settings, asked.domain))
    except CannotRun as reason:
        print(f"Cannot run: {reason}", file=sys.stderr)
        return 1
    return 0


def _redriven(settings: Settings, domain: str) -> str:
    """How many letters went back and how many stayed, as backbone's function answers."""
    function = stack.Stack(settings).outputs()["RedriveFunction"]
    answer = client(settings, "lambda").invoke(FunctionName=function, Payload=json.dumps({"domain": domain}))
    return str(answer["Payload"].read().decode())


def _status(settings: Settings) -> int:
    if not stack.is_running(settings):
        print("Nothing runs. Start it with: make run")
        return 1
    ready = stack.is_ready(settings)
    print(
        f"{'Ready' if ready else 'Starting'}: {settings.public_url} (process {stack.running_pid(settings)})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
