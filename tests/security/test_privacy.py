"""R15: what is kept of a person is handed out whole, and goes whole; what stays is on the declared legal list."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import boto3
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lodestar.config import settings
from lodestar.db import work_for
from lodestar.privacy import PersonalTable
from lodestar.privacy.erasing import erase
from lodestar.privacy.exporting import folders_of
from lodestar.responses import sqlstate
from tests import privacy
from tests.database import Database
from tests.proof import Proof, generator, size
from tests.security.canaries import Canaries, in_bucket, in_database, plant, plant_files, unguarded
from tests.security.declarations import declarations, personal_tables
from tests.security.world import World, a_full_organization

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]

ACCOUNTS = "identity.users"
FOREIGN_KEY_VIOLATION = "23503"
ATTEMPT = "(SELECT id FROM assessment.attempts WHERE learner_id = :person LIMIT 1)"
RECORDING = "(SELECT id FROM media.media_assets WHERE owner_id = :person AND NOT taught LIMIT 1)"
ENROLLMENT = "(SELECT id FROM learning.enrollments WHERE learner_id = :person LIMIT 1)"
ADDRESS = "(SELECT email FROM identity.users WHERE id = :person)"
ROWS = {
    "assessment.responses": f"(attempt_id, question_id, correct) VALUES (:org, {ATTEMPT}, 'q1', true)",
    "assessment.grades": "(attempt_id, run, strategy, source, model, prompt_version, score, passed)"
    f" VALUES (:org, {ATTEMPT}, 1, 'default', 'model', 'offline', '1', 50, false)",
    "assessment.grade_evidence": "(grade_id, criterion, points, possible, verified) VALUES (:org,"
    f" (SELECT id FROM assessment.grades WHERE attempt_id = {ATTEMPT}), 'clarity', 0, 5, false)",
    "assessment.submitted_works": f"(attempt_id, origin, parts) VALUES (:org, {ATTEMPT}, 'text', '[]')",
    "assessment.integrity_signals": f"(attempt_id, kind) VALUES (:org, {ATTEMPT}, 'injection')",
    "assessment.previews": "(requested_by, subject_type, subject_id, draft, digest, state, operation_id, result,"
    " completed_at) VALUES (:org, :person, 'assessment', uuidv7(), '{}', 'd', 'completed', uuidv7(), '{}', now())",
    "backbone.ai_runs": "(id, purpose, subject_id, model, source, latency_ms, outcome)"
    f" SELECT :org, uuidv7(), 'grade', about, 'offline', 'model', 5, 'ok' FROM unnest(ARRAY[{ATTEMPT}, {RECORDING}])"
    " AS about",
    "backbone.api_key_calls": "(api_key_id, hour, operation, user_id, calls, refused)"
    " VALUES (:org, uuidv7(), now(), 'GET /v1/x', :person, 1, 0)",
    "backbone.idempotency_keys": "(user_id, route, key, fingerprint, status, body, headers)"
    " VALUES (:org, :person, 'POST /v1/x', 'k', 'f', 201, '{}', '{}')",
    "identity.invitations": "(email, role, token_hash, invited_by, expires_at, accepted_at, accepted_by)"
    f" VALUES (:org, {ADDRESS}, 'learner', uuidv7()::text, :admin, now(), now(), :person)",
    "identity.api_keys": "(user_id, name, prefix, key_hash, scopes, expires_at)"
    " VALUES (:org, :person, 'Mine', 'lsk_', uuidv7()::text, '[]', now())",
    "identity.audit_exports": "(requested_by, format, head_sequence, head_hash, operation_id)"
    " VALUES (:org, :person, 'jsonl', 0, '0', uuidv7())",
    "identity.legal_holds": "(user_id, reason, placed_by, released_at, released_by)"
    " VALUES (:org, :person, 'File 114.', :admin, now(), :admin)",
    "insights.activity_events": "(id, occurred_at, verb, object_type, object_id, learner_id)"
    " VALUES (:org, uuidv7(), now(), 'earned_star', 'enrollment', uuidv7(), :person)",
    "insights.enrollment_facts": "(enrollment_id, learner_id, program_id, day, cohort, tier, stars, possible, background,"
    " star_days, modules, modules_done, exams_taken, exams_passed, project_begun, project_submitted, sources,"
    " sources_clean) VALUES (:org, uuidv7(), :person, uuidv7(), now(), '2026-01', 'none', 0, 0, 'none', '{}', '{}', '{}',"
    " '{}', '{}', false, false, '{}', '{}')",
    "insights.exports": "(requested_by, format, operation_id) VALUES (:org, :person, 'csv', uuidv7())",
    "insights.report_recipients": "(schedule_id, user_id)"
    " SELECT :org, id, :person FROM insights.report_schedules WHERE org_id = :org LIMIT 1",
    "insights.report_run_recipients": "(run_id, user_id, outcome, reason)"
    " SELECT :org, id, :person, 'skipped', 'role_lost' FROM insights.report_runs WHERE org_id = :org LIMIT 1",
    "messaging.suppressions": "(channel, address, user_id, reason)"
    f" VALUES (:org, 'email', {ADDRESS}, :person, 'unsubscribe')",
    "learning.promotion_declines": f"(enrollment_id, star, target_tier) VALUES (:org, {ENROLLMENT}, 2, 'silver')",
    "learning.masterclass_completions": f"(enrollment_id, masterclass_id) VALUES (:org, {ENROLLMENT},"
    " (SELECT id FROM learning.masterclasses WHERE org_id = :org LIMIT 1))",
    "media.renditions": "(asset_id, kind, position, storage_key, content_type, size_bytes, starts_ms, duration_ms)"
    f" VALUES (:org, {RECORDING}, 'audio', 0, 'k', 'audio/ogg', 1, 0, 1)",
    "media.transcripts": f"(asset_id, text, state, source) VALUES (:org, {RECORDING}, 'Hello', 'ready', 'person')",
    "media.captions": f"""(asset_id, language, cues) VALUES (:org, {RECORDING}, 'en', '[{{"text": "Hello"}}]')""",
}
"""What `a_full_organization` does not make of a learner."""

CASCADING = """
SELECT DISTINCT c.conrelid::regclass::text FROM pg_constraint AS c
WHERE c.contype = 'f' AND c.confdeltype = 'c' AND c.confrelid::regclass::text = ANY (:names)
  AND c.conrelid <> c.confrelid
"""
COVERED_TWICE = {"backbone.outbox", "backbone.inbox"}
"""What mentions the person goes with the first domain that erases anything, whoever declares the table."""
WORDLESS = {
    "learning.enrollments", "learning.promotion_declines", "learning.lesson_progress",
    "learning.module_progress", "insights.enrollment_facts",
    "learning.masterclass_completions", "media.playback_completions", "media.playback_clicks", "identity.memberships",
    "insights.report_recipients",
}  # fmt: skip
"""Ids, numbers, times and words from a fixed list."""


class Marked:
    """A learner of a full organization, with a canary in every place that can hold one."""

    def __init__(self, database: Database) -> None:
        self.world: World = a_full_organization()
        self.org_id, self.person = self.world.org_id, self.world.learner
        self.canaries = Canaries(self.person.user_id)
        self.email = f"canary{self.canaries.run}@example.org"
        with unguarded(database.migrator_url, keep=True) as connection:
            people = {
                "org": self.org_id,
                "person": self.person.user_id,
                "admin": self.world.admin.user_id,
            }
            for table, row in ROWS.items():
                connection.execute(text(f"INSERT INTO {table} {row.replace('(', '(org_id, ', 1)}"), people)
            plant(connection, self.canaries, self.org_id)
            self.email = str(connection.scalar(text(f"SELECT {ADDRESS}"), people))
        plant_files(self.canaries, self.folders())

    def folders(self) -> list[str]:
        with work_for(self.org_id) as session:
            media = next(data for data in declarations() if data.domain == "media")
            return folders_of(session, media, self.person.user_id)


@contextmanager
def a_marked_person(database: Database) -> Iterator[Marked]:
    """Canaries break the chain of the organization's audit log, which other tests check: it goes in the end."""
    marked = Marked(database)
    yield marked
    with unguarded(database.migrator_url, keep=True) as connection:
        connection.execute(
            text("DELETE FROM backbone.audit_events WHERE org_id = :org"), {"org": marked.org_id}
        )


def withheld() -> set[str]:
    return {
        f"{data.domain}: {table.name}.{column}"
        for data in declarations()
        for table in data.tables
        for column in table.withheld
    }


def legal_list() -> set[str]:
    return {table.name for table in personal_tables() if table.kept}


def may_name() -> set[str]:
    """Tables that may still hold the person's id: what is kept, who acted in other people's rows, and the operation
    of the request itself."""
    acted = {column.rpartition(".")[0] for data in declarations() for column in data.references}
    return {*legal_list(), *acted, ACCOUNTS, "backbone.operations"}


def an_account(email: str) -> None:
    pool = {"UserPoolId": settings().need("user_pool_id"), "Username": email}
    boto3.client("cognito-idp").admin_create_user(**pool)


def has_account(email: str) -> bool:
    client = boto3.client("cognito-idp")
    try:
        client.admin_get_user(UserPoolId=settings().need("user_pool_id"), Username=email)
    except client.exceptions.UserNotFoundException:
        return False
    return True


def test_a_person_is_exported_whole_and_erased_whole(database: Database, proof: Proof) -> None:
    with a_marked_person(database) as marked:
        _every_table_is_marked(marked)
        an_account(marked.email)
        _export_holds_everything(marked, proof)
        _a_forgotten_table_is_caught(marked, proof)
        _nothing_is_left(marked, database, proof)


def _export_holds_everything(marked: Marked, proof: Proof) -> None:
    entries = privacy.exported(marked.person)
    found = marked.canaries.in_("\n".join(content.decode("latin-1") for content in entries.values()))
    wanted = set(marked.canaries.planted) - withheld()
    assert not found & withheld(), "credentials were handed out"
    proof.found("R15", "canaries in an export", tried=len(wanted), wrong=wanted - found)


def _a_forgotten_table_is_caught(marked: Marked, proof: Proof) -> None:
    """The control: an erasure in which one table is missing from its domain's declaration."""
    covered = COVERED_TWICE | _deleted_with_what_they_belong_to(marked)
    erased = [t for t in personal_tables() if t.kept is None and not t.apart and t.name not in covered]
    chosen = generator("forgotten-tables").sample(erased, size(slice=8, whole=len(erased)))
    caught = [table for table in chosen if _is_noticed(marked, table)]
    assert [table.name for table in chosen if table not in caught] == []
    proof.control("R15", "no table is forgotten", tried=len(chosen), caught=len(caught))


def _deleted_with_what_they_belong_to(marked: Marked) -> set[str]:
    """Personal tables whose rows PostgreSQL deletes itself with a row of another one: forgotten, they go all the same."""
    names = [table.name for table in personal_tables()]
    with work_for(marked.org_id) as session:
        return set(session.scalars(text(CASCADING), {"names": names}))


def _is_noticed(marked: Marked, forgotten: PersonalTable) -> bool:
    """Whether PostgreSQL refuses to delete what the forgotten table is a part of, or a canary is found."""
    with work_for(marked.org_id) as session:
        session.execute(text("SELECT backbone.begin_erasing('control')"))
        try:
            for data in declarations():
                kept = tuple(table for table in data.tables if table is not forgotten)
                erase(session, replace(data, tables=kept), person=marked.person.user_id)
            left = _tables_left(session, marked)
        except DBAPIError as refused:
            if sqlstate(refused) != FOREIGN_KEY_VIOLATION:
                raise
            left = {forgotten.name}
        session.rollback()
    return bool(left)


def _tables_left(session: Session, marked: Marked) -> set[str]:
    """Tables with a canary that should have gone, or with the person's id where none should be."""
    connection = session.connection()
    canaries = set(in_database(connection, f"canary{marked.canaries.run}")) - legal_list()
    return (canaries | (set(in_database(connection, str(marked.person.user_id))) - may_name())) - {ACCOUNTS}


def _nothing_is_left(marked: Marked, database: Database, proof: Proof) -> None:
    folders = marked.folders()
    request_id = privacy.open_erasure(marked.person)
    privacy.approved(request_id, marked.world.admin)
    assert privacy.fulfilled(marked.org_id, request_id) == "Erased"
    with unguarded(database.migrator_url, keep=False) as connection:
        rows = in_database(connection, f"canary{marked.canaries.run}")
        naming = in_database(connection, str(marked.person.user_id))
    left = [
        f"{table}: {said[:300]}"
        for table, found in rows.items()
        for said in found
        if table not in legal_list()
    ]
    assert "backbone.audit_events" in rows, "the search does not find what is kept"
    objects = [
        o[:200] for o in in_bucket(marked.org_id) if marked.canaries.run in o or o.startswith(tuple(folders))
    ]
    proof.found(
        "R15", "canaries after an erasure", tried=len(marked.canaries.planted), wrong=[*left, *objects],
        note=f"kept under a legal ground: {len(legal_list())} tables",
    )  # fmt: skip
    proof.found("R15", "tables that still name the person", tried=len(naming), wrong=set(naming) - may_name())
    assert not has_account(marked.email)


def _every_table_is_marked(marked: Marked) -> None:
    held = {place.partition(": ")[2].rpartition(".")[0] for place in marked.canaries.planted}
    assert {table.name for table in personal_tables()} - held == WORDLESS
