"""R12: what is uploaded is what it says, harms nobody who opens it, and stays what it was."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from lodestar.adapters.storage import object_store
from lodestar.principal import Role
from media.reactions import object_created
from media.rules import filenames
from media.rules.probe import check_document
from media.rules.purposes import PURPOSES
from media.service import documents
from tests import gateway
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person
from tests.media import flows
from tests.proof import Proof, generator, size
from tests.security.corpora import files
from tests.security.corpora.files import File

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]

HOSTILE_NAMES = [
    "../../etc/passwd", "..\\..\\x", "/etc/passwd", "C:\\x.exe", "a/b", "a\\b", "a\x00.pdf", "a.pdf\x00.exe", "a\r\nSet-Cookie: x=1",
    "a\nb", "a\tb", "\u202egpj.exe", "a\u202efdp.exe", "a\u2066b", "a\u200bb", "a\ufeff", "a\x7fb", "a\x1b[2Jb", "a\u2028b", "\ud800",
    ".", "..", " ", "...", "CON", "con.pdf", "LPT1.txt", "nul", "a:b", 'a"b', "a*b", "a?b", "a<b>", "a|b", "a／b", "．．／x",
    "x" * 201, "", "a\U000e0041b", "\ue000",
]  # fmt: skip
LYING_NAMES = (
    "report.pdf.exe",
    "report.exe",
    "photo.jpg.html",
    "x.svg",
    "x.pdf.scr",
    "x.htm",
    "x.js",
    "x.pdf.lnk",
    "x.pdf ",
    "x.pdf.",
)


@pytest.fixture
def people() -> dict[str, Person]:
    """Who uploads what: a learner who agreed to be recorded, and staff."""
    org_id = an_organization()
    learner = a_person(org_id)
    flows.consent(learner)
    return {"interview_video": learner, "resource": a_person(org_id, Role.ORG_STAFF)}


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of uploads an hour has its own test."""
    monkeypatch.setattr("media.service.uploads.UPLOADS_AN_HOUR", 100_000)


def begun(people: dict[str, Person], file: File) -> gateway.Answer:
    return flows.begin(
        people[file.purpose],
        purpose=file.purpose, content_type=file.content_type, filename=file.name, size_bytes=max(len(file.data), 1),
    )  # fmt: skip


def judged(people: dict[str, Person], file: File) -> str:
    """The asset's state after the product's own way: policy, form, storage's event, claim, probe. Speech aside."""
    answer = begun(people, file)
    if answer.status != 201:
        return "refused"
    person, upload = people[file.purpose], answer.json
    flows.arrive(person, upload, file.data)
    flows.step("claim_processing", person.org_id, upload["asset_id"])
    return str(flows.step("probe", person.org_id, upload["asset_id"])["verdict"])


def some(made: list[File], count: int) -> list[File]:
    return generator("some-files").sample(made, min(count, len(made)))


def test_no_hostile_file_is_accepted(proof: Proof, people: dict[str, Person]) -> None:
    hostile = some(files.hostile(), size(slice=60, whole=10_000))
    wrong = [file for file in hostile if judged(people, file) == "accepted"]
    proof.found("R12", "hostile files", tried=len(hostile), wrong=wrong)


def test_only_the_first_bytes_would_let_them_in(
    proof: Proof, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        documents,
        "check",
        lambda path, content_type: check_document(path.read_bytes()[:4096], content_type),
    )
    hostile = [*files.bombs(), *files.archives(), *files.two_in_one()]
    caught = sum(judged(people, file) == "accepted" for file in hostile)
    proof.control("R12", "uploads: only the first bytes are looked at", tried=len(hostile), caught=caught)


def test_files_that_people_have_are_taken(proof: Proof, people: dict[str, Person]) -> None:
    every = files.good()
    assert len(every) >= 200
    good = [*some(every[:-8], size(slice=25, whole=10_000)), *every[-8:]]
    verdicts = {id(file): judged(people, file) for file in good}
    refused = [
        f"{file} {file.name!r}: {verdicts[id(file)]}" for file in good if verdicts[id(file)] != "accepted"
    ]
    proof.found(
        "R12",
        "good files",
        tried=len(good),
        wrong=refused[len(good) // 100 :],
        note=f"{len(refused)} refused",
    )


HOSTILE_TYPES = (
    "text/html", "image/svg+xml", "application/javascript", "text/plain\r\nx: y", "text/plain, text/html",
    "text/html;text/plain", "TEXT/HTML; charset=utf-8", "application/x-php", "*/*", "text/*",
    "application/octet-stream", "multipart/form-data", "image/svg", "text/plain/html", "application/xhtml+xml",
    "application/pdf\x00text/html", "application/pdf text/html", "video/webm",
)  # fmt: skip
HOSTILE_SIZES: tuple[Any, ...] = (
    0, -1, 100 * 1024**2 + 1, 2**40, 2**63, 2**64, "1e9", "12abc", None, 1.5, True, [], "NaN",
)  # fmt: skip


def refused_wishes(owner: Person) -> list[dict[str, Any]]:
    """What to change in a good wish to upload, so that it must be refused."""
    return [
        *({"filename": name} for name in HOSTILE_NAMES),
        *({"content_type": content_type} for content_type in HOSTILE_TYPES),
        *({"size_bytes": number} for number in HOSTILE_SIZES),
        {"storage_key": "x"},
        {"owner_id": str(owner.user_id)},
        {"purpose": "../resource"},
        {"purpose": "RESOURCE"},
    ]


def test_no_hostile_name_and_no_trick_of_types_or_sizes_is_taken(
    proof: Proof, people: dict[str, Person]
) -> None:
    usual = {
        "purpose": "resource", "content_type": "application/pdf", "filename": "a.pdf", "size_bytes": 100,
    }  # fmt: skip
    tried, wrong = refused_wishes(people["resource"]), []
    for change in tried:
        answer = flows.begin(people["resource"], **(usual | change))
        if answer.status != 422:
            wrong.append(f"{change} {answer.status} {answer.text[:200]}")
    proof.found("R12", "names, types and sizes", tried=len(tried), wrong=wrong)


def test_without_the_check_of_names_they_are_taken(
    proof: Proof, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filenames, "is_plain", lambda _name: True)
    hostile = [name for name in HOSTILE_NAMES if name.isprintable() and 0 < len(name.strip()) <= 200]
    answers = [begun(people, File("x", files.pdf(), "application/pdf", name)) for name in hostile]
    caught = sum(answer.status == 201 for answer in answers)
    proof.control("R12", "uploads: names are not looked at", tried=len(hostile), caught=caught)


def test_a_file_is_saved_under_a_name_that_does_not_lie(proof: Proof, people: dict[str, Person]) -> None:
    wrong = []
    for name in LYING_NAMES:
        upload = begun(people, File("x", files.pdf(), "application/pdf", name)).expect(201)
        person = people["resource"]
        flows.arrive(person, upload, files.pdf())
        flows.process(person.org_id, upload["asset_id"])
        answer = gateway.post(f"{flows.ASSETS}/{upload['asset_id']}/playback-urls", {}, as_=person).expect(
            201
        )
        asked = parse_qs(urlsplit(answer["url"]).query)
        disposition = unquote(asked["response-content-disposition"][0])
        if not disposition.endswith(".pdf") or asked["response-content-type"] != ["application/pdf"]:
            wrong.append(f"{name}: {disposition}")
    proof.found("R12", "names that lie", tried=len(LYING_NAMES), wrong=wrong)


def test_what_arrives_otherwise_than_agreed_is_not_accepted(proof: Proof, people: dict[str, Person]) -> None:
    """Storage enforces the form's policy (test_the_form_fixes_key_type_and_size); this is what is left to us."""
    learner, wrong = people["interview_video"], []
    too_large = flows.begin(learner).expect(201)
    key = flows.key_of(learner.org_id, too_large["asset_id"])
    object_store().upload(key, files.clip("webm"), content_type="text/html")
    event = flows.storage_event(key)
    larger = event["Records"][0]["body"].replace(
        f'"size": {len(files.clip("webm"))}', f'"size": {PURPOSES["interview_video"].max_bytes + 1}'
    )
    object_created.handler({"Records": [{"messageId": "1", "body": larger}]}, None)
    if state(learner, too_large["asset_id"]) != "rejected":
        wrong.append("a file over the limit")
    other = flows.begin(learner).expect(201)
    stray = flows.key_of(learner.org_id, other["asset_id"]).replace(
        str(other["asset_id"]), str(learner.user_id)
    )
    object_store().upload(stray, files.clip("webm"), content_type="video/webm")
    object_created.handler(flows.storage_event(stray), None)
    if state(learner, other["asset_id"]) != "uploading":
        wrong.append("an object under another key")
    for stranger in (a_person(learner.org_id), a_person(an_organization(), Role.ORG_ADMIN)):
        if gateway.post(f"{flows.UPLOADS}/{other['id']}/completions", {}, as_=stranger).status != 404:
            wrong.append("completed by another")
    if gateway.post(f"{flows.UPLOADS}/{other['id']}/completions", {}, as_=learner).status != 409:
        wrong.append("completed without a file")
    proof.found("R12", "uploads otherwise than agreed", tried=5, wrong=wrong)


def state(person: Person, asset_id: str) -> str:
    return str(gateway.get(f"{flows.ASSETS}/{asset_id}", as_=person).expect(200)["state"])


@pytest.mark.parametrize("told", [True, False])
def test_a_file_exchanged_after_it_was_accepted_is_not_served(
    proof: Proof, people: dict[str, Person], told: bool
) -> None:
    """The form lives for half an hour. The control is storage that tells nobody."""
    person = people["resource"]
    upload = begun(people, File("x", files.pdf(), "application/pdf")).expect(201)
    flows.arrive(person, upload, files.pdf())
    flows.process(person.org_id, upload["asset_id"])
    assert state(person, upload["asset_id"]) == "ready"
    flows.send(upload, files.pdf(extra=b"/OpenAction << /S /JavaScript >> "))
    if told:
        event = flows.storage_event(flows.key_of(person.org_id, upload["asset_id"]))
        object_created.handler(event, None)
        object_created.handler(event, None)
        assert state(person, upload["asset_id"]) == "processing"
        flows.process(person.org_id, upload["asset_id"])
    served = state(person, upload["asset_id"]) == "ready"
    if told:
        proof.found("R12", "files exchanged after they were accepted", tried=1, wrong=["served"] * served)
    else:
        proof.control("R12", "uploads: nobody is told of an exchanged file", tried=1, caught=int(served))


def test_a_name_is_plain_or_not() -> None:
    assert all(
        filenames.is_plain(name)
        for name in ("a.pdf", "Größe (1).pdf", "👩\u200d💻.png", ".hidden", "می\u200cخواهم.txt")
    )
    assert filenames.saved_as("a" * 200, "pdf").endswith("a.pdf")
    assert len(filenames.saved_as("a" * 200, "pdf")) == 200
    assert filenames.saved_as("photo.JPEG", "jpg") == "photo.JPEG"
