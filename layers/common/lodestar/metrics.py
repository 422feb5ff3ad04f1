"""Metrics leave as log lines, in CloudWatch's Embedded Metric Format: no call, no client, and the line is a log too.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
A metric has few dimensions with few values, because CloudWatch bills each combination: a domain, never a function.
"""

import json
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic_core import to_json

from lodestar import clock
from lodestar.config import settings
from lodestar.log import correlation_id

Unit = Literal["Count", "Milliseconds", "Seconds", "None"]


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """Some fields of a line that are metrics: for all values together of each set of dimensions; `()` is their total."""

    dimension_sets: tuple[tuple[str, ...], ...]
    units: tuple[tuple[str, Unit], ...]


def tell(event: str, metrics: tuple[Metrics, ...], **fields: Any) -> None:
    """Write one line: a log entry of `event` with its fields, of which `metrics` says which ones are measured."""
    now = clock.now()
    entry = {
        "timestamp": now.isoformat(timespec="milliseconds"),
        "level": "INFO",
        "domain": settings().service,
        "event": event,
        "correlation_id": correlation_id(),
        **fields,
    }
    directives = (
        f'"_aws":{{"Timestamp":{int(now.timestamp() * 1000)},"CloudWatchMetrics":{_directives(metrics)}}}'
    )
    sys.stdout.write(f"{to_json(entry, fallback=str)[:-1].decode()},{directives}}}\n")
    sys.stdout.flush()


@cache
def _directives(metrics: tuple[Metrics, ...]) -> str:
    namespace = f"Lodestar/{settings().environment}"
    return json.dumps(
        [
            {
                "Namespace": namespace,
                "Dimensions": each.dimension_sets,
                "Metrics": [{"Name": name, "Unit": unit} for name, unit in each.units],
            }
            for each in metrics
        ],
        separators=(",", ":"),
    )
