"""Tokens that no row holds."""

import pytest

from lodestar import signing

pytestmark = pytest.mark.usefixtures("product")


def test_a_sealed_text_opens_for_its_purpose_only_and_not_when_it_was_touched() -> None:
    text = signing.sealed("unsubscribe", b"content")
    assert signing.unsealed("unsubscribe", text) == b"content"
    assert signing.unsealed("invitation", text) is None
    for place in range(len(text)):
        other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert signing.unsealed("unsubscribe", other) in (None, b"content")
    assert signing.unsealed("unsubscribe", "") is None
    assert signing.unsealed("unsubscribe", "no base64!") is None


def test_where_one_part_ends_and_the_next_begins_counts() -> None:
    assert signing.token("a", b"bc", b"d") != signing.token("a", b"b", b"cd")
    assert signing.token("a", b"b") != signing.token("ab", b"")
