"""`make endpoint` and its siblings leave a function that the other tests here accept."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.scaffold.function import Scaffold
from tests.architecture.tree import ROOT, CloudFormation


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of one domain's stack, its package empty."""
    (tmp_path / "functions/messaging").mkdir(parents=True)
    shutil.copy(ROOT / "functions/messaging/template.yaml", tmp_path / "functions/messaging")
    return tmp_path


def resources(root: Path) -> dict[str, Any]:
    """The template's resources after a scaffold."""
    text = (root / "functions/messaging/template.yaml").read_text()
    found: dict[str, Any] = yaml.load(text, Loader=CloudFormation)["Resources"]
    return found


def test_a_reaction_gets_queue_rule_rights_and_sample(root: Path) -> None:
    before = resources(root)
    Scaffold(
        root=root, kind="reaction", domain="messaging", name="tier_seen", detail="learning.tier_changed"
    ).write()
    after = resources(root)
    assert set(after) - set(before) == {"TierSeen", "TierSeenQueue", "TierSeenRule"}
    assert after["TierSeenRule"]["Properties"]["EventPattern"] == {"detail-type": ["learning.tier_changed"]}
    assert {"Ref": "TierSeenQueue"} in after["QueuePolicy"]["Properties"]["Queues"]
    statements = after["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    consume = next(statement for statement in statements if statement["Sid"] == "ConsumeQueues")
    assert {"Fn::GetAtt": "TierSeenQueue.Arn"} in consume["Resource"]
    body = json.loads((root / "events/messaging/tier_seen.json").read_text())["Records"][0]["body"]
    assert json.loads(body)["detail-type"] == "learning.tier_changed"


def test_a_schedules_failures_are_kept(root: Path) -> None:
    Scaffold(root=root, kind="schedule", domain="messaging", name="sweep", detail="rate(2 minutes)").write()
    properties = resources(root)["Sweep"]["Properties"]
    assert properties["Events"]["Timer"]["Properties"]["ScheduleExpression"] == "rate(2 minutes)"
    assert properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Type"] == "SQS"


def test_a_second_run_changes_nothing(root: Path) -> None:
    again = [Scaffold(root=root, kind="task", domain="messaging", name="render") for _ in range(2)]
    assert again[0].write()
    assert again[1].write() == []
