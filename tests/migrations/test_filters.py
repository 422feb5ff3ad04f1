"""A list's filter by a column has an index, which P6 does not show: it asks for values that many rows have.

The mistake: deliveries of one channel, templates of one locale, scheduled messages of one policy. All were fast where
every twentieth row was asked for, and read all of an organization's rows where none was.
"""

import pytest
from sqlalchemy import Connection, text

from local.schema import catalogue
from local.schema.listings import without_index

FOUND_OTHERWISE = {
    "/v1/identity/audit-events?before": "a moment of the list's order, not the column that has this name",
    "/v1/messaging/notifications?type": "among one person's",
    "/v1/messaging/suppressions?address": "by the unique index, in which there are four channels before it",
}
"""Filters that need no index of their own, and why."""
SERVED_BY = {
    "messaging.deliveries_of_channel": "/v1/messaging/deliveries?channel",
    "messaging.scheduled_messages_of_policy": "/v1/messaging/scheduled-messages?policy_key",
    "learning.masterclasses_inactive": "/v1/learning/masterclasses?active",
}


def test_every_filter_by_a_column_has_an_index_or_says_why_not(migrated: Connection) -> None:
    assert without_index(catalogue.read(migrated).tables) == list(FOUND_OTHERWISE)


@pytest.mark.parametrize("index", SERVED_BY)
def test_a_filter_whose_index_is_gone_is_noticed(index: str, migrated: Connection) -> None:
    migrated.execute(text(f"DROP INDEX {index}"))
    found = without_index(catalogue.read(migrated).tables)
    assert set(found) - FOUND_OTHERWISE.keys() == {SERVED_BY[index]}
