"""A learner on a program with everything that assessment needs, and the steps of generation as the machine calls them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from assessment.tasks import claim_generation, fail_generation, generate_content, settle_content
from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.db import work_for
from lodestar.principal import Role
from tests.bus import emitted
from tests.factories.assessment import (
    a_background,
    a_bank,
    a_tier_template,
    an_assessment,
    link_items,
)
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import ProgramRows, a_program, an_enrollment
from tests.factories.media import a_transcript, an_asset
from tests.gateway import Answer, Person, get, post

ATTEMPTS = "/v1/assessment/attempts"
TRANSCRIPT = """
Welcome to this lesson about messages that get answers at work. A good message opens with the request and the date.
Readers open messages on a phone between two meetings. The subject line names the action, the topic and the deadline.
If a matter is urgent and complicated, call first and write down the agreement afterwards. Email suits prices and
promises because an email can be found again. A shared document suits work that several colleagues edit together.
Never write in anger; keep the draft for one night without an address. Copying a manager without a reason reads as a
threat. After two working days forward your own message with one added line. Change the channel after a second silence.
Numbered questions make sure that every question gets its own answer. Thank colleagues for something specific.
Read the message once as its reader before sending it. Check every name and every date in the message twice.
"""


@dataclass
class Scene:
    """One learner's place in one organization's program."""

    org_id: UUID
    learner: Person
    staff: Person
    program: ProgramRows
    enrollment_id: UUID
    background_id: UUID

    @property
    def lesson_id(self) -> UUID:
        """The course's first lesson."""
        return self.program.lessons[0]

    def module(self, kind: ModuleKind) -> UUID:
        """The program's first module of the kind."""
        return self.program.module(kind)

    def body(self, assessment_id: UUID, lesson_id: UUID | None = None) -> dict[str, Any]:
        """What opens an attempt."""
        body = {"enrollment_id": str(self.enrollment_id), "assessment_id": str(assessment_id)}
        return body | ({"lesson_id": str(lesson_id)} if lesson_id else {})

    def open(self, assessment_id: UUID, lesson_id: UUID | None = None, *, status: int = 201) -> Any:
        """Open an attempt over HTTP."""
        return post(ATTEMPTS, self.body(assessment_id, lesson_id), as_=self.learner).expect(status)

    def started(self, attempt_id: str) -> Any:
        """Start an attempt over HTTP."""
        return post(f"{ATTEMPTS}/{attempt_id}/starts", as_=self.learner).expect(201)

    def read(self, attempt_id: str) -> Any:
        """The attempt as the learner sees it."""
        return get(f"{ATTEMPTS}/{attempt_id}", as_=self.learner).expect(200)

    def events(self, name: str) -> list[dict[str, Any]]:
        """The data of the events of this name, in order."""
        return [event["data"] for event in emitted(self.org_id, name)]


def a_scene(
    *,
    stars: int = 0,
    tier: Tier = Tier.BRONZE,
    submission_kind: str = "text",
    with_background: bool = True,
    owner_id: UUID | None = None,
    configuration: dict[str, Any] | None = None,
) -> Scene:
    """A learner with `stars` stars, on a program of their own organization or of `owner_id`."""
    org_id = an_organization()
    owner = owner_id or org_id
    learner, staff = a_person(org_id), a_person(org_id, Role.ORG_STAFF)
    program = a_program(
        owner, assigned_to=[org_id], course_configuration=configuration or {"enable_ai_quizzes": True}
    )
    background_id = a_background(owner, submission_kind=submission_kind, tiers=("bronze", "silver", "gold"))
    enrollment_id = an_enrollment(
        org_id,
        learner.user_id,
        program,
        stars=stars,
        tier=tier,
        background_id=background_id if with_background else None,
    )
    return Scene(org_id, learner, staff, program, enrollment_id, background_id)


def an_initial(scene: Scene, **fields: Any) -> UUID:
    """An initial assessment of ten items."""
    bank = a_bank(scene.program.owner_id)
    module = scene.module(ModuleKind.ASSESSMENT)
    usual: dict[str, Any] = {"module_id": module, "bank_id": bank, "passing_score": 0}
    return an_assessment(scene.program.owner_id, "initial", **(usual | fields))


def a_quiz(scene: Scene, *, generic: int = 12, **fields: Any) -> UUID:
    """The course's quiz with a generic bank."""
    owner = scene.program.owner_id
    bank = a_bank(owner, items=generic, word="generic") if generic else None
    return an_assessment(
        owner, "quiz", **({"module_id": scene.module(ModuleKind.COURSE), "bank_id": bank} | fields)
    )


def lesson_bank(scene: Scene, *, items: int, role: str) -> None:
    """Items linked to the course's first lesson."""
    owner = scene.program.owner_id
    link_items(owner, scene.lesson_id, a_bank(owner, items=items, word=role), role=role)


def transcribed(scene: Scene, words: str = TRANSCRIPT) -> None:
    """Give the first lesson its video and transcript."""
    owner = scene.program.owner_id
    asset_id = scene.program.lesson_assets[0]
    an_asset(owner, scene.staff.user_id, id=asset_id)
    a_transcript(owner, asset_id, words)


def an_exam(scene: Scene, *, items: int = 30) -> UUID:
    """The program's promotion exam, with a bank for the tier silver."""
    owner = scene.program.owner_id
    exam = an_assessment(owner, "promotion_exam", program_id=scene.program.program_id)
    a_tier_template(owner, exam, "silver", bank_id=a_bank(owner, items=items, word="exam"))
    return exam


def step(scene: Scene, attempt_id: str, *, generation: int = 0, execution: str = "e-1") -> dict[str, Any]:
    """The input of a step, as the machine makes it from the event."""
    return {
        "org_id": str(scene.org_id),
        "attempt_id": attempt_id,
        "generation": generation,
        "execution": execution,
    }


def generate(scene: Scene, attempt_id: str, *, generation: int = 0, execution: str = "e-1") -> bool:
    """Walk the machine: claim, generate, settle, and its branch to failure. False when the claim was refused."""
    given = step(scene, attempt_id, generation=generation, execution=execution)
    if not claim_generation.handler(given, None)["claimed"]:
        return False
    made = generate_content.handler(given, None)
    try:
        settle_content.handler({**given, "made": made}, None)
    except Exception as error:  # noqa: BLE001 - the machine's Catch names States.ALL
        fail_generation.handler({**given, "error": type(error).__name__}, None)
    return True


def right_answers(scene: Scene, attempt_id: str) -> dict[str, int]:
    """What only the database knows: the right option of each question."""
    with work_for(scene.org_id) as session:
        query = text("SELECT answer_key FROM assessment.attempts WHERE id = :id")
        key = session.execute(query, {"id": attempt_id}).scalar_one()
    return {question: entry["answer"] for question, entry in key.items()}


def submitted(scene: Scene, attempt_id: str, body: dict[str, Any], *, status: int = 201) -> Any:
    """Hand in over HTTP."""
    return post(f"{ATTEMPTS}/{attempt_id}/submissions", body, as_=scene.learner).expect(status)


def move_clock(scene: Scene, attempt_id: str, column: str, interval: str) -> None:
    """As if time had passed: move a time of the attempt into the past, around the guard that freezes it."""
    with work_for(scene.org_id) as session:
        session.execute(
            text(
                f"UPDATE assessment.attempts SET {column} = {column} - CAST(:by AS interval) WHERE id = :id"
            ),
            {"by": interval, "id": attempt_id},
        )


def at_once(call: Callable[[], Answer], *, times: int = 4) -> list[Answer]:
    """The same request from several tabs at the same moment."""

    def in_its_own_loop(_nth: int) -> Answer:
        asyncio.set_event_loop(asyncio.new_event_loop())
        return call()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(in_its_own_loop, range(times)))
