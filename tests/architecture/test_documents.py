"""What the documents say is so: routes, problems, settings, events, limits and links."""

from enum import EnumType
from pathlib import Path

import pytest

from assessment.rules.grading import Doubt, Reason
from lodestar.adapters.ai import Purpose
from lodestar.contracts.identity import RetentionCategory
from lodestar.principal import Role
from tests.architecture.documents import broken_links, faults, guides, pages
from tests.architecture.tree import ROOT, relative

GUIDES = ROOT / "docs" / "guides"


@pytest.mark.parametrize("page", guides(), ids=relative)
def test_a_guide_names_what_there_is(page: Path) -> None:
    assert faults(page.read_text()) == []


@pytest.mark.parametrize("page", pages(), ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize(
    ("guide", "things"),
    [
        ("ai-integration", Purpose),
        ("ai-integration", Reason),
        ("ai-integration", Doubt),
        ("administrator", Role),
        ("administrator", RetentionCategory),
    ],
)
def test_a_guide_that_lists_things_lists_all_of_them(guide: str, things: EnumType) -> None:
    text = (GUIDES / f"{guide}.md").read_text()
    assert [name for name in map(str, things) if f"`{name}`" not in text] == []


def test_the_guides_are_indexed_by_reader() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    assert [guide.name for guide in GUIDES.glob("*.md") if f"(guides/{guide.name})" not in index] == []


@pytest.mark.parametrize(
    "untrue",
    [
        "`GET /v1/learning/starfish`",
        "`DELETE /v1/identity/me`",
        "`/v1/insights/learners?shoe_size=`",
        "`GET /v1/insights/learners?star=4&tier=platinum`",
        "409 `stage_fright`",
        "404 `stale_version`",
        "`GOOGLE_TELEPATHY_KEY`",
        "`learning_starfish_list`",
        "`learning.star_eaten`",
        '```http\nPATCH /v1/identity/me\nIf-Match: "3"\n{"shoe_size": 42}\n```',
        "61<!-- media.service.uploads.UPLOADS_AN_HOUR --> an hour",
        "60<!-- media.service.uploads.UPLOADS_A_CENTURY -->",
        "many<!-- media.service.uploads.UPLOADS_AN_HOUR --> an hour",
    ],
)
def test_what_is_not_so_is_found(untrue: str) -> None:
    assert len(faults(untrue)) == 1


def test_what_is_so_is_not_found() -> None:
    text = """`GET /v1/insights/learners?star=4`, 412 `stale_version`, `GOOGLE_API_KEY`, `learning.star_awarded`,
    60 uploads<!-- media.service.uploads.UPLOADS_AN_HOUR -->, 10<!-- assessment.rules.attempts.QUIZ_PAUSE / 60 -->
    """
    assert faults(text) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n\n[a](page.md#one) [b](#two) [c](absent.md) [d](https://example.org/)")
    assert broken_links(page) == ["#two", "absent.md"]
