"""A list's filter by a column has an index, as those of P6 that are measured only where many rows have the value do not show.

The mistake: deliveries of one channel, templates of one locale, scheduled messages of one policy. All were fast where every
twentieth row was asked for, and read all of an organization's rows where none was.
"""

import pytest
from sqlalchemy import Connection, text

from local.schema import catalogue
from local.schema.listings import without_index

CHOSEN_BY = {
    "messaging.deliveries_of_channel": "/v1/messaging/deliveries?channel",
    "messaging.scheduled_messages_of_policy": "/v1/messaging/scheduled-messages?policy_key",
    "learning.masterclasses_inactive": "/v1/learning/masterclasses?active",
}


def test_every_filter_by_a_column_has_an_index(migrated: Connection) -> None:
    assert without_index(catalogue.read(migrated).tables) == []


@pytest.mark.parametrize("index", CHOSEN_BY)
def test_a_filter_whose_index_is_gone_is_noticed(index: str, migrated: Connection) -> None:
    migrated.execute(text(f"DROP INDEX {index}"))
    assert without_index(catalogue.read(migrated).tables) == [CHOSEN_BY[index]]
