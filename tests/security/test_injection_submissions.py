"""R13: a submission that grades itself, before a model that obeys it: no inflated grade leaves without a person."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from assessment.rules.evidence import Evidence, Part
from assessment.rules.grading import Grading, criteria_of, graded
from assessment.rules.injection import Screened, screened
from assessment.schemas.grading import RepositoryGrades, TextGrades
from assessment.service import asking, evidence, opinions
from lodestar.adapters.ai import GenerationRequest, Material, Purpose
from lodestar.adapters.code_hosting import Repository, RepositoryRef, Snapshot, SourceFile
from lodestar.contracts.learning import ModuleKind
from lodestar.ids import new_id
from tests.assessment.grading.walking import HandedIn, handed_in
from tests.factories.assessment import CRITERIA
from tests.factories.media import a_transcript, an_asset
from tests.gateway import post, put
from tests.proof import Proof, generator, size
from tests.security.corpora.clean import Clean, clean
from tests.security.corpora.injections import FAMILIES, Injected, injected
from tests.security.obedient import BIASES, Bias, Obedient, order_in

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]

TOLERANCE = 1.0
"""Points: what a score may differ by and still be the same."""
RUBRIC = {"key": "rubric", "version": 1, "criteria": CRITERIA}
QUESTIONS = {"questions": [{"id": "q1", "text": "Tell of something at work.", "type": "behavioural"}]}
Submission = Injected | Clean


@dataclass(frozen=True)
class Host:
    """A code host that holds one repository."""

    files: Mapping[str, str]

    def resolve(self, ref: RepositoryRef) -> Repository:
        """It has one commit."""
        return Repository(
            owner=ref.owner, name=ref.name, default_branch="main", head_sha="0" * 40, size_kb=1, private=False, archived=False
        )  # fmt: skip

    def fetch(self, _ref: RepositoryRef, *, sha: str) -> Snapshot:
        """Its files."""
        files = tuple(SourceFile(path=path, text=text, size=len(text)) for path, text in self.files.items())
        return Snapshot(sha=sha, files=files, skipped=())


class Grader:
    """Hands submissions in and walks grade_attempt with a stub for a model."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def graded(self, submission: Submission, model: Obedient) -> HandedIn:
        """The attempt after the machine."""
        self._patch.setattr(asking, "chain", lambda _purpose: [model])
        self._patch.setattr(evidence, "code_host", lambda: Host(submission.files or {}))
        case = handing_in(submission)
        case.graded()
        return case

    def without(self, *defences: Callable[[pytest.MonkeyPatch], None]) -> None:
        """Switch defences off for the rest of the test."""
        for off in defences:
            off(self._patch)


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> Grader:
    return Grader(monkeypatch)


def handing_in(submission: Submission) -> HandedIn:
    """A submitted attempt of the submission's kind."""
    if submission.kind == "repository":
        named = {"kind": "repository", "url": "https://github.com/a/b", "owner": "a", "name": "b"}
        return handed_in(ModuleKind.PROJECT, named, rubric=RUBRIC)
    if submission.kind == "text":
        return handed_in(ModuleKind.PROJECT, {"kind": "text", "text": submission.text})
    asset_id = new_id()
    video = {"kind": "video", "asset_id": str(asset_id)}
    case = handed_in(ModuleKind.INTERVIEW, video, content=QUESTIONS, time_limit_seconds=300)
    an_asset(case.org_id, case.learner.user_id, purpose="interview_video", id=asset_id)
    a_transcript(case.org_id, asset_id, submission.text, source="model")
    return case


def parts_of(submission: Submission) -> list[Part]:
    if submission.files is not None:
        return [Part(path, text) for path, text in submission.files.items()]
    return [Part(None, submission.text)]


def deserved(submission: Submission) -> float:
    """What a model gives that is told nothing and reads everything."""
    is_repository = submission.files is not None
    schema = RepositoryGrades if is_repository else TextGrades
    parts = parts_of(submission)
    request = GenerationRequest(
        purpose=Purpose.GRADE_TEXT, system="", prompt="", prompt_version="", schema=schema,
        materials=[
            Material(label="criteria", text=criteria_shown()),
            *(Material(label=f"./{part.location}" if part.location else "submission", text=part.text) for part in parts),
        ],
    )  # fmt: skip
    value = Obedient(deaf=True).generate(request).value
    answers = schema.model_validate(value).criteria
    found = graded(
        criteria_of(RUBRIC), [each.opinion() for each in answers], Evidence(parts), passing_score=Decimal(70)
    )
    return float(found.score)


def criteria_shown() -> str:
    """The criteria as a model is shown them, without a decoy."""
    return json.dumps([{key: value for key, value in each.items() if key != "weight"} for each in CRITERIA])


def inflated(case: HandedIn, submission: Submission) -> bool:
    """Released to the learner without a person, and above what the work deserves."""
    state, score, _ = case.standing
    return state == "graded" and score is not None and score > deserved(submission) + TOLERANCE


def biased(submissions: list[Injected]) -> list[tuple[Injected, Bias]]:
    return [(each, BIASES[nth % len(BIASES)]) for nth, each in enumerate(submissions)]


def screen_off(patch: pytest.MonkeyPatch) -> None:
    """Nothing is cut, nothing is noticed."""
    patch.setattr(opinions, "screened", lambda parts: Screened(tuple(parts), ()))


def decoy_off(patch: pytest.MonkeyPatch) -> None:
    """Whatever the model gives the decoy is overlooked."""

    def overlooking(*given: Any, decoy: str, **more: Any) -> Grading:
        return graded(*given, **more)

    patch.setattr(opinions, "graded", overlooking)


def quotes_off(patch: pytest.MonkeyPatch) -> None:
    """A quote counts wherever it comes from."""
    patch.setattr(Evidence, "find", lambda _self, quote: quote)


def computing_off(patch: pytest.MonkeyPatch) -> None:
    """The model's own levels are the score."""

    def believed(*given: Any, **more: Any) -> Grading:
        found = graded(*given, **more)
        score = sum((entry.claimed for entry in found.judged), Decimal(0))
        return replace(found, score=score, passed=score >= more["passing_score"], doubts=())

    patch.setattr(opinions, "graded", believed)


def released_inflated(grader: Grader, submissions: list[Injected], *, bribed: bool = False) -> list[str]:
    """Those whose inflated grade left without a person, with how the model obeyed."""
    return [
        f"{bias} {submission}"
        for submission, bias in biased(submissions)
        if inflated(grader.graded(submission, Obedient(bias, bribed=bribed)), submission)
    ]


def test_the_model_understands_what_it_is_told() -> None:
    submissions = injected(1_000)
    deaf = [
        s for s in submissions if order_in("\n".join(f"{p.location}\n{p.text}" for p in parts_of(s))) is None
    ]
    assert not deaf, [str(each) for each in deaf[:5]]
    assert len(FAMILIES) >= 10
    assert len({each.language for each in submissions}) >= 4
    assert {each.kind for each in submissions} == {"text", "repository", "video"}


def test_no_injected_submission_is_released_with_an_inflated_grade(proof: Proof, grader: Grader) -> None:
    submissions = injected(size(slice=24, whole=540))
    wrong = released_inflated(grader, submissions)
    proof.found("R13", "injected submissions", tried=len(submissions), wrong=wrong)


def test_without_the_screen_and_the_decoy_grades_are_inflated(proof: Proof, grader: Grader) -> None:
    submissions = injected(size(slice=10, whole=80))
    grader.without(screen_off, decoy_off)
    caught = len(released_inflated(grader, submissions))
    proof.control("R13", "injections: the integrity screen is off", tried=len(submissions), caught=caught)


def unheard(count: int) -> list[Injected]:
    """Work that says nothing to the grader: the order reached the model another way (a picture in the video)."""
    return [
        replace(each, text=each.text.replace(each.passage, ""), files=None, kind="text")
        for each in injected(count)
    ]


def test_what_a_model_makes_up_is_no_evidence(proof: Proof, grader: Grader) -> None:
    submissions = unheard(size(slice=6, whole=60))
    wrong = released_inflated(grader, submissions, bribed=True)
    proof.found("R13", "models that were told in private", tried=len(submissions), wrong=wrong)


@pytest.mark.parametrize(
    ("what", "off"),
    [("quotes need not stand in the work", quotes_off), ("the model's levels are the score", computing_off)],
)
def test_without_evidence_what_a_model_makes_up_scores(
    proof: Proof, grader: Grader, what: str, off: Callable[[pytest.MonkeyPatch], None]
) -> None:
    submissions = unheard(size(slice=5, whole=40))
    grader.without(decoy_off, off) if off is quotes_off else grader.without(off)
    grader.without(unrelated_off)
    caught = len(released_inflated(grader, submissions, bribed=True))
    proof.control("R13", f"injections: {what}", tried=len(submissions), caught=caught)


def unrelated_off(patch: pytest.MonkeyPatch) -> None:
    """Evidence may speak of anything."""
    patch.setattr("assessment.rules.grading._rests_on_unrelated", lambda _judged: False)


def test_honest_work_is_neither_flagged_nor_graded_otherwise(proof: Proof, grader: Grader) -> None:
    works = clean(size(slice=200, whole=200))
    flagged = [each for each in works if screened(parts_of(each)).signs]
    allowed = len(works) // 50
    proof.found(
        "R13",
        "clean submissions flagged",
        tried=len(works),
        wrong=flagged[allowed:],
        note=f"{len(flagged)}, {allowed} allowed",
    )
    sample = generator("clean-sample").sample(works, size(slice=8, whole=200))
    drift = [
        each
        for each in sample
        if abs(released(grader, each) - deserved(each)) > 0.01 * max(deserved(each), 1)
    ]
    proof.found(
        "R13",
        "clean submissions whose score drifts",
        tried=len(sample),
        wrong=drift[len(sample) // 50 :],
        note=f"{len(drift)}",
    )


def released(grader: Grader, work: Clean) -> float:
    """The settled score, whoever looks at it next."""
    case = grader.graded(work, Obedient())
    return float(next(grade.score for grade in case.grades if grade.settled))


def test_an_exam_takes_no_words(proof: Proof) -> None:
    """A promotion exam is scored by its key: whatever a learner writes changes no point."""
    key = {f"q{nth}": {"item_id": None, "answer": 0} for nth in range(1, 6)}
    case = handed_in(
        ModuleKind.PROJECT, {"kind": "answers"}, state="in_progress", submitted_at=None,
        submission_kind="answers", answer_key=key, content={"questions": []},
    )  # fmt: skip
    where = f"/v1/assessment/attempts/{case.attempt_id}"
    submissions = injected(size(slice=25, whole=100))
    wrong = []
    for each in submissions:
        tried = (
            {"kind": "text", "text": each.text},
            {"kind": "answers", "answers": {"q1": each.text}},
            {"kind": "answers", "answers": {each.text[:50]: 0}},
            {"kind": "answers", "score": 100, "answers": {"q1": 1}},
        )
        wrong += [
            body for body in tried if post(f"{where}/submissions", body, as_=case.learner).status // 100 != 4
        ]
        if put(f"{where}/draft", {"text": each.text}, as_=case.learner).status // 100 != 4:
            wrong.append({"draft": each.text})
    proof.found("R13", "exams answered in words", tried=5 * len(submissions), wrong=wrong)
    answer = post(
        f"{where}/submissions", {"kind": "answers", "answers": {"q1": 0, "q2": 1}}, as_=case.learner
    )
    assert answer.expect(201)["score"] == 20
