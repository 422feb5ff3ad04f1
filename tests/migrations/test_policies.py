"""Which organization a transaction is for is looked up by an index, or once a statement, and never once a row.

The mistake: a policy that names `backbone.current_org()` beside an OR, or on a table without an index that begins with
the column. It is right, and costs 0.3 us for every row that is passed on the way (docs/adr/0016).
"""

import re

import pytest
from sqlalchemy import Connection, text

POLICIES = text(
    """
    SELECT schemaname || '.' || tablename AS name, policyname, qual FROM pg_policies
    WHERE 'lodestar_app' = ANY (roles) AND qual LIKE '%backbone.current_org()%'
    """
)
INDEXED = text(
    """
    SELECT n.nspname || '.' || c.relname AS name, a.attname AS leading
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
    WHERE i.indpred IS NULL
    """
)
BY_INDEX = re.compile(r"\((\w+) = backbone\.current_org\(\)\)")
IN_TWO_HALVES = re.compile(r"\(COALESCE\((.*), false\) AND .*\)", re.DOTALL)
OR_ASSIGNED = (
    "org_id = backbone.current_org() OR id = ANY (ARRAY(SELECT program_id FROM learning.program_assignments))"
)
DEAR = {
    "an OR beside it": f"ALTER POLICY readable ON learning.programs USING ({OR_ASSIGNED})",
    "a first half that asks each row": (
        f"ALTER POLICY readable ON learning.programs USING (coalesce({OR_ASSIGNED}, false) AND ({OR_ASSIGNED}))"
    ),
    "no index that begins with it": (
        "ALTER POLICY tenant ON backbone.outbox USING (org_id = backbone.current_org())"
    ),
}


def asked_of_each_row(connection: Connection) -> list[str]:
    """The policies that find out the organization for every row."""
    indexed = {tuple(row) for row in connection.execute(INDEXED)}
    found = list[str]()
    for table, name, condition in connection.execute(POLICIES):
        by_index = BY_INDEX.fullmatch(condition)
        if by_index and (table, by_index[1]) in indexed:
            continue
        of_rows = without_selects(condition)
        halves = IN_TWO_HALVES.fullmatch(of_rows)
        if "current_org" in (halves[1] if halves else of_rows):
            found.append(f"{table}: {name}")
    return found


def without_selects(condition: str) -> str:
    """What is left of a condition without its sub-selects."""
    while (begin := condition.find("( SELECT")) >= 0:
        depth = 0
        for end in range(begin, len(condition)):
            depth += {"(": 1, ")": -1}.get(condition[end], 0)
            if depth == 0:
                break
        condition = condition[:begin] + condition[end + 1 :]
    return condition


def test_no_policy_finds_out_the_organization_for_every_row(migrated: Connection) -> None:
    assert asked_of_each_row(migrated) == []


@pytest.mark.parametrize("mistake", DEAR)
def test_a_policy_that_does_is_noticed(mistake: str, migrated: Connection) -> None:
    migrated.execute(text(DEAR[mistake]))
    assert len(asked_of_each_row(migrated)) == 1
