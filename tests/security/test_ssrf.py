"""R12: no address that somebody gave makes the product speak to the inside, and none is shown as a link to it."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from local.openapi import assemble
from lodestar import outbound
from lodestar.adapters import retrying
from lodestar.adapters.code_hosting import (
    CodeHostingError,
    NotARepositoryUrl,
    RepositoryRef,
    parse_repository_url,
)
from lodestar.adapters.code_hosting.github import GitHub
from lodestar.contracts.learning import ModuleKind
from lodestar.ids import new_id
from lodestar.outbound import IpAddress, UrlRefused
from lodestar.principal import Role
from tests.assessment.grading.walking import handed_in
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, post
from tests.proof import Proof, generator, size
from tests.security.corpora import urls

pytestmark = pytest.mark.proof

ANYWHERE: Callable[[IpAddress], bool] = lambda _: True  # noqa: E731


NEVER_SENT = (UrlRefused, httpx.InvalidURL, UnicodeError)
"""What is raised before anything is sent: by us, and by httpx for what it cannot read as a URL."""


def some(values: list[str], count: int) -> list[str]:
    """Of what costs a request each, so many."""
    return generator("some-urls").sample(values, min(count, len(values)))


def refused(url: str, attempt: Callable[[str], object]) -> bool:
    try:
        attempt(url)
    except (*NEVER_SENT, httpx.UnsupportedProtocol):
        return True
    return False


class Wire:
    """Instead of the network: keeps to which hosts a connection was asked for, and answers as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hosts: list[str] = []
        self.location: str | None = None
        monkeypatch.setattr(
            httpx.HTTPTransport, "handle_request", lambda _self, request: self.answer(request)
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        """200, or a redirect to `location`."""
        self.hosts.append(request.url.host)
        headers = {"location": self.location} if self.location is not None else {}
        return httpx.Response(302 if headers else 200, headers=headers, request=request)

    def inside(self) -> list[str]:
        """The hosts that are no public address."""
        return [host for host in self.hosts if not is_public_literal(host)]


def is_public_literal(host: str) -> bool:
    try:
        return outbound.is_public(ip_address(host.strip("[]")))
    except ValueError:
        return False


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with outbound.client(timeout_seconds=1, resolve=urls.resolve) as made:
        yield made


def test_no_spelling_of_an_inner_address_is_taken(proof: Proof) -> None:
    attacks = [*urls.attacks(), *urls.SLOPPY]
    assert len(attacks) >= 150
    wrong = [url for url in attacks if not refused(url, outbound.address)]
    proof.found("R12", "SSRF: addresses read", tried=len(attacks), wrong=wrong)


def test_the_client_connects_to_no_inner_address(proof: Proof, wire: Wire, client: httpx.Client) -> None:
    attacks = [*urls.attacks(), *urls.rebound()]
    answered = [url for url in attacks if not refused(url, client.post)]
    proof.found("R12", "SSRF: addresses posted to", tried=len(attacks), wrong=[*answered, *wire.hosts])


def test_without_the_check_of_addresses_names_lead_inside(
    proof: Proof, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with outbound.client(timeout_seconds=1, resolve=urls.resolve, reachable=ANYWHERE) as open_client:
        for url in urls.rebound():
            refused(url, open_client.post)
    proof.control(
        "R12",
        "SSRF: resolved addresses are not looked at",
        tried=len(urls.rebound()),
        caught=len(wire.inside()),
    )


def test_a_list_of_bad_hosts_would_let_most_through(proof: Proof) -> None:
    def naive(url: str) -> None:
        host = httpx.URL(url).host
        if not url.startswith("https://") or host in ("localhost", "127.0.0.1", "169.254.169.254"):
            raise UrlRefused("known")

    attacks = urls.attacks()
    caught = sum(not refused(url, naive) for url in attacks)
    proof.control("R12", "SSRF: a list of bad hosts instead", tried=len(attacks), caught=caught)


def test_a_redirect_is_not_followed_and_checked_by_whoever_does(
    proof: Proof, wire: Wire, client: httpx.Client
) -> None:
    attacks = [*urls.attacks(), *urls.rebound()]
    followed = []
    for url in attacks:
        wire.location = url.translate({ord(c): None for c in "\x00\r\n"})
        try:
            assert client.post("https://open.example.org/redirect").is_redirect
            client.get("https://open.example.org/redirect", follow_redirects=True)
        except (*NEVER_SENT, httpx.TransportError, httpx.TooManyRedirects):
            continue
        followed.append(url)
    proof.found("R12", "SSRF: redirects to the inside", tried=len(attacks), wrong=[*followed, *wire.inside()])


class Rebinding:
    """A name that is public when it is checked, and the machine itself at every later look."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, _host: str, _port: int) -> list[IpAddress]:
        self.looks += 1
        return [ip_address(urls.PUBLIC if self.looks == 1 else "127.0.0.1")]


def test_a_name_that_changes_its_mind_is_asked_once(proof: Proof, wire: Wire) -> None:
    names = [f"https://{nth}.rebind.example.org/" for nth in range(20)]
    for url in names:
        with outbound.client(timeout_seconds=1, resolve=Rebinding()) as pinned:
            pinned.post(url)
    proof.found("R12", "SSRF: DNS rebinding", tried=len(names), wrong=wire.inside())
    assert wire.hosts == [urls.PUBLIC] * len(names)


def test_checked_but_not_pinned_it_would_lead_inside(proof: Proof) -> None:
    reached = []
    for _ in range(20):
        resolve = Rebinding()
        outbound.destination("rebind.example.org", 443, resolve=resolve)
        [connected] = resolve("rebind.example.org", 443)
        reached += [connected] if not outbound.is_public(connected) else []
    proof.control("R12", "SSRF: checked, then looked up again", tried=20, caught=len(reached))


def test_one_inner_address_among_public_ones_is_enough() -> None:
    both: list[IpAddress] = [ip_address(urls.PUBLIC), ip_address("10.0.0.1")]
    with pytest.raises(UrlRefused, match="not on the public"):
        outbound.destination("both.example.org", 443, resolve=lambda _host, _port: both)
    with pytest.raises(UrlRefused, match="no host"):
        outbound.destination("none.invalid", 443)
    with pytest.raises(UrlRefused):
        outbound.destination("empty.example.org", 443, resolve=lambda _host, _port: [])


def test_addresses_that_people_need_are_taken(proof: Proof, wire: Wire, client: httpx.Client) -> None:
    good = urls.good()
    assert len(good) >= 50
    wrong = [url for url in good if refused(url, outbound.address) or refused(url, client.get)]
    proof.found("R12", "SSRF: good addresses", tried=len(good), wrong=[*wrong, *wire.inside()])


def a_lesson(staff: Person) -> str:
    """A lesson of a draft, which takes resources."""
    program = {"key": "p", "title": "P", "type": "study"}
    program_id = post("/v1/learning/programs", program, as_=staff).expect(201)["id"]
    module = {"program_id": program_id, "kind": "course", "key": "c", "title": "C"}
    module_id = post("/v1/learning/modules", module, as_=staff).expect(201)["id"]
    lesson = {"module_id": module_id, "key": "l", "title": "L", "body": "Text"}
    return str(post("/v1/learning/lessons", lesson, as_=staff).expect(201)["id"])


def resource(lesson_id: str, url: str) -> dict[str, Any]:
    """A resource whose title is not taken yet."""
    return {"lesson_id": lesson_id, "title": f"Link {new_id()}", "url": url}


@pytest.mark.usefixtures("product")
def test_a_lessons_link_leads_nowhere_inside(proof: Proof) -> None:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    lesson_id = a_lesson(staff)
    url = "/v1/learning/resources"
    attacks = some(urls.attacks(), size(slice=60, whole=10_000))
    wrong = [each for each in attacks if post(url, resource(lesson_id, each), as_=staff).status != 422]
    proof.found("R12", "SSRF: lessons' links", tried=len(attacks), wrong=wrong)
    good = some(urls.good(), size(slice=30, whole=10_000))
    answers = {each: post(url, resource(lesson_id, each), as_=staff) for each in good}
    wrong = [f"{each} {answer.text}" for each, answer in answers.items() if answer.status != 201]
    proof.found("R12", "SSRF: lessons' good links", tried=len(good), wrong=wrong)


@pytest.mark.usefixtures("product")
def test_a_webhook_goes_nowhere_inside(proof: Proof) -> None:
    admin, url = a_person(an_organization(), Role.ORG_ADMIN), "/v1/messaging/webhook-endpoints"
    hook = {"url": "https://hooks.example.org/lodestar", "event_types": ["learning.star_awarded"]}
    post(url, hook, as_=admin).expect(201)
    attacks = some(urls.attacks(), size(slice=30, whole=10_000))
    wrong = [each for each in attacks if post(url, hook | {"url": each}, as_=admin).status != 422]
    proof.found("R12", "SSRF: webhooks' addresses", tried=len(attacks), wrong=wrong)


@pytest.mark.usefixtures("product")
def test_a_repositorys_address_names_github_and_nothing_else(proof: Proof) -> None:
    submission = {"kind": "repository", "url": ""}
    case = handed_in(ModuleKind.PROJECT, submission, state="in_progress", submitted_at=None)
    where = f"/v1/assessment/attempts/{case.attempt_id}/submissions"
    attacks = [*urls.attacks(), *urls.rebound()]
    wrong = [url for url in attacks if not _no_repository(url)]
    for url in some(attacks, size(slice=30, whole=10_000)):
        if post(where, {"kind": "repository", "url": url}, as_=case.learner).status != 422:
            wrong.append(url)
    proof.found("R12", "SSRF: repositories' addresses", tried=len(attacks), wrong=wrong)
    good = urls.good_repositories()
    assert len(good) >= 50
    proof.found(
        "R12", "SSRF: good repositories", tried=len(good), wrong=[url for url in good if _no_repository(url)]
    )


URL_FIELDS = re.compile(r"(?:^|_)(?:url|uri|href|link|website|endpoint|host|domain|callback)s?$")
PLACES = {
    "DraftWrite.repository_url", "RepositorySubmission.url", "ResourceCreate.url", "ResourcePatch.url",
    "WebhookEndpointCreate.url",
}  # fmt: skip
"""Where a body takes an address. The draft's is kept for the learner and read by nobody; the others are proved above."""


def test_no_body_takes_an_address_that_is_not_proved_here() -> None:
    schemas = assemble()["components"]["schemas"]
    found = {
        f"{name}.{field}"
        for name, schema in schemas.items()
        if schema.get("additionalProperties") is False
        for field in schema.get("properties", {})
        if URL_FIELDS.search(field)
    }
    assert found == PLACES


def _no_repository(url: str) -> bool:
    try:
        parse_repository_url(url)
    except NotARepositoryUrl:
        return True
    return False


def test_github_cannot_send_us_inside(proof: Proof, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "backoff_seconds", lambda _nth: 0.0)
    host, ref = GitHub("https://api.github.com", token="t"), RepositoryRef(owner="octocat", name="hello")
    attacks = [url for url in [*urls.attacks(), *urls.rebound()] if url.isprintable()]
    wrong = []
    for url in attacks:
        wire.location = url
        try:
            host.resolve(ref)
        except CodeHostingError:
            continue
        wrong.append(url)
    elsewhere = set(wire.hosts) - {"api.github.com"}
    proof.found("R12", "SSRF: redirects of the code host", tried=len(attacks), wrong=[*wrong, *elsewhere])
