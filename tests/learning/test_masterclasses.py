"""The library of recorded talks as staff keep it: what state each video is in, and how a talk does."""

from typing import Any

from lodestar.contracts.learning import Tier
from lodestar.db import work_for
from lodestar.principal import Role
from media.models.transcripts import Transcript
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_program, an_enrollment
from tests.factories.media import an_asset, played
from tests.gateway import Person, delete, get, patch, post
from tests.learning.conftest import Start

URL = "/v1/learning/masterclasses"


def a_talk(staff: Person, program_id: Any, key: str, **fields: Any) -> Any:
    body = {"program_id": str(program_id), "key": key, "title": key.capitalize(), **fields}
    return post(URL, body, as_=staff).expect(201)


def test_the_library_says_of_every_talk_how_its_video_stands(product: None) -> None:
    org_id = an_organization()
    staff = a_person(org_id, Role.ORG_STAFF)
    program_id = a_program(org_id, masterclass_assets=[]).program_id
    problem = {"problem_code": "damaged_video", "problem_detail": "The video is damaged: export it again."}
    assets: dict[str, dict[str, Any]] = {
        "uploading": {"state": "uploading"},
        "processing": {"state": "processing"},
        "ready": {"state": "ready"},
        "failed": {"state": "rejected", **problem},
    }
    for key, fields in assets.items():
        asset_id = an_asset(org_id, staff.user_id, purpose="masterclass_video", **fields)
        a_talk(staff, program_id, key, asset_id=str(asset_id), active=key == "ready")
        if key == "ready":
            with work_for(org_id) as session:
                session.add(Transcript(asset_id=asset_id))
    made = a_talk(staff, program_id, "none")
    assert (made["video"]["state"], made["video"]["text"]) == ("none", "Upload a video, and name it here.")
    listed = get(f"{URL}?program_id={program_id}", as_=staff).expect(200)["data"]
    assert [row["video"]["state"] for row in listed] == [*assets, "none"]
    by_key = {row["key"]: row for row in listed}
    assert by_key["failed"]["video"]["text"] == problem["problem_detail"]
    assert by_key["failed"]["video"]["problem_code"] == "damaged_video"
    ready = by_key["ready"]
    assert (ready["active"], ready["video"]["duration_ms"], ready["video"]["captions"]) == (
        True,
        60_000,
        "pending",
    )
    assert get(f"{URL}/{ready['id']}", as_=staff).expect(200) == ready
    hidden = patch(f"{URL}/{ready['id']}", {"active": False}, as_=staff).expect(200)
    assert (hidden["active"], hidden["video"]) == (False, ready["video"])
    delete(f"{URL}/{ready['id']}", as_=staff).expect(204)
    assert get(f"{URL}/{ready['id']}", as_=staff).status == 404


def test_statistics_count_who_began_and_completed_of_all_and_tier_by_tier(start: Start) -> None:
    learner, person = start(stars=2, tier=Tier.SILVER)
    org_id, program = learner.org_id, learner.program
    staff = a_person(org_id, Role.ORG_STAFF)
    asset_id = program.masterclass_assets[0]
    learner.watch(asset_id)
    for percent, tier in ((50, Tier.SILVER), (10, Tier.BRONZE), (0, Tier.BRONZE)):
        other = a_person(org_id)
        an_enrollment(org_id, other.user_id, program, stars=2, tier=tier)
        if percent:
            played(org_id, other.user_id, asset_id, percent=percent)
    an_enrollment(org_id, a_person(org_id).user_id, program)
    found = get(f"{URL}/{program.masterclasses[0]}/statistics", as_=staff).expect(200)
    assert (found["enrollments"], found["started"], found["completions"]) == (5, 3, 1)
    assert (found["completion_percentage"], found["median_coverage"]) == (20.0, 50.0)
    tiers = {row["tier"]: row for row in found["by_tier"]}
    assert list(tiers) == ["bronze", "silver", None]
    assert (tiers["silver"]["enrollments"], tiers["silver"]["completion_percentage"]) == (2, 50.0)
    assert (tiers["bronze"]["started"], tiers["bronze"]["median_coverage"]) == (1, 10.0)
    assert (tiers[None]["enrollments"], tiers[None]["median_coverage"]) == (1, None)
    unseen = get(f"{URL}/{program.masterclasses[1]}/statistics", as_=staff).expect(200)
    assert (unseen["started"], unseen["completions"], unseen["median_coverage"]) == (0, 0, None)
    assert get(f"{URL}/{program.masterclasses[0]}/statistics", as_=person).status == 403


def test_a_talk_that_nobody_could_take_has_no_statistics_but_zeros(product: None) -> None:
    org_id = an_organization()
    staff = a_person(org_id, Role.ORG_STAFF)
    talk = a_talk(staff, a_program(org_id, masterclass_assets=[]).program_id, "alone")
    found = get(f"{URL}/{talk['id']}/statistics", as_=staff).expect(200)
    assert (found["enrollments"], found["completion_percentage"], found["by_tier"]) == (0, 0.0, [])
