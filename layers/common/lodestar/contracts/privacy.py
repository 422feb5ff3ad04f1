"""How a domain answers a privacy request: its step of the machine fulfil_privacy_request.

`handler = answer_step(PERSONAL_DATA)`; a domain that keeps files gives the store that holds them.
"""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar.db import work_for
from lodestar.jobs import Handler, task
from lodestar.privacy import PersonalData, answers
from lodestar.privacy.erasing import erase
from lodestar.privacy.exporting import export, folders_of


class LegalHoldStands(Exception):
    """Nothing of this person may be erased now."""


class RequestNotRunning(Exception):
    """There is nothing to answer: the request is settled, or another execution gave it back."""


class AnswerStep(BaseModel):
    """One domain is asked."""

    org_id: UUID
    correlation_id: str
    request_id: UUID
    kind: str


class FileStore(Protocol):
    """Where a domain's files are."""

    def delete_all(self, prefix: str) -> int:
        """Remove every version of every object under the prefix; answers how many there were."""
        ...


def person_to_erase(session: Session, request_id: UUID) -> UUID:
    """Whose data goes; from here on this transaction may delete it. Raises LegalHoldStands, RequestNotRunning."""
    row = session.execute(
        text("SELECT person, held FROM identity.begin_erasure(:id)"), {"id": request_id}
    ).first()
    if row is None:
        raise RequestNotRunning(str(request_id))
    if row.held:
        raise LegalHoldStands(str(request_id))
    person: UUID = row.person
    return person


def person_to_export(session: Session, request_id: UUID) -> UUID:
    """Whose data is wanted. Raises RequestNotRunning."""
    person: UUID | None = session.scalar(text("SELECT identity.person_to_export(:id)"), {"id": request_id})
    if person is None:
        raise RequestNotRunning(str(request_id))
    return person


def answer_step(
    data: PersonalData,
    *,
    store: Callable[[], FileStore] | None = None,
    forget_copies: Callable[[UUID], int] | None = None,
) -> Handler:
    """The Lambda handler of the domain's step. It may run any number of times; the domain answers once.

    `forget_copies` is for files of the organization that may tell of anybody and can be made again: it deletes them
    before the person's rows go, and answers how many there were.
    """

    def run(step: AnswerStep) -> dict[str, str]:
        if step.kind == "export":
            _export(data, step)
        else:
            _erase(data, step, store, forget_copies)
        return {"domain": data.domain}

    return task(AnswerStep, run)


def _export(data: PersonalData, step: AnswerStep) -> None:
    with work_for(step.org_id) as session:
        person = person_to_export(session, step.request_id)
        if answers.claim(session, step.request_id, data.domain):
            report = export(session, data, request_id=step.request_id, person=person)
            answers.save(session, step.request_id, data.domain, report)


def _erase(
    data: PersonalData,
    step: AnswerStep,
    store: Callable[[], FileStore] | None,
    forget_copies: Callable[[UUID], int] | None,
) -> None:
    """Files first, while rows still name them: a crash between the two is cured by the next run."""
    with work_for(step.org_id) as session:
        person = person_to_erase(session, step.request_id)
        folders = folders_of(session, data, person)
    files = sum(store().delete_all(folder) for folder in folders) if store and folders else 0
    files += forget_copies(step.org_id) if forget_copies else 0
    with work_for(step.org_id) as session:
        person_to_erase(session, step.request_id)
        if answers.claim(session, step.request_id, data.domain):
            report = erase(session, data, person=person)
            answers.save(session, step.request_id, data.domain, {**report, "files": files})
