"""Row-level security by itself: whatever a query forgets, PostgreSQL shows and takes only one organization's rows."""

import json
from collections.abc import Iterable
from functools import partial

from sqlalchemy import text

from lodestar.db import work_for
from lodestar.principal import NOBODY
from tests.database import Database
from tests.security.catalogue import Rows, policies_off, relations, visible_to, without_policies
from tests.security.probing import UUIDS, probed, told
from tests.security.world import World


def mentions(rows: Rows, ids: Iterable[str]) -> dict[str, set[str]]:
    """Which of the ids each table or view shows."""
    wanted = set(ids)
    found = {name: wanted & set(UUIDS.findall(json.dumps(content))) for name, content in rows.items()}
    return {name: ids for name, ids in found.items() if ids}


def test_every_table_with_an_organization_is_forced_to_row_level_security(product: None) -> None:
    with work_for(NOBODY) as session:
        tables = [r for r in relations(session) if not r.is_view]
        views = [r for r in relations(session) if r.is_view]
    tenants = [table for table in tables if table.has_org_id]
    assert len(tenants) > 40
    assert [t.name for t in tables if (t.has_org_id or t.readable) and not (t.secured and t.forced)] == []
    assert len(views) > 8
    assert [view.name for view in views if not view.by_invoker] == []


def test_the_application_can_neither_pass_nor_change_the_policies(product: None) -> None:
    with work_for(NOBODY) as session:
        role = session.execute(
            text(
                "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
            )
        ).scalar_one()
        owned = session.execute(
            text("SELECT count(*) FROM pg_class WHERE pg_has_role(current_user, relowner, 'USAGE')")
        ).scalar_one()
    assert (role, owned) == (False, 0)


def test_entered_for_one_organization_no_table_and_no_view_shows_another(ours: World, theirs: World) -> None:
    secret = theirs.ids_of(None) | {str(theirs.org_id)}
    for views in (False, True):
        assert mentions(visible_to(ours.org_id, views=views), secret) == {}
        assert len(mentions(visible_to(theirs.org_id, views=views), secret)) > 8


def test_entered_for_nobody_there_is_nothing(ours: World) -> None:
    for views in (False, True):
        assert mentions(visible_to(NOBODY, views=views), ours.ids_of(None)) == {}


def test_without_the_policies_every_table_would_show_the_other(
    ours: World, theirs: World, database: Database
) -> None:
    with without_policies(database.migrator_url, ours.org_id) as rows:
        shown = mentions(rows, theirs.ids_of(None))
    assert {name for name, content in theirs.rows.items() if content} <= shown.keys()
    assert mentions(visible_to(ours.org_id), theirs.ids_of(None)) == {}


def test_without_the_policies_the_probes_would_find_the_other(
    ours: World, theirs: World, database: Database
) -> None:
    """The control of test_isolation: it fails once what protects the rows is gone."""
    reads = [slot for slot in probed() if slot.operation.method == "get"]
    ask = partial(told, asker=ours.admin, home=ours, abroad=theirs)
    with policies_off(database.migrator_url):
        found = [str(slot) for slot in reads if ask(slot)]
    assert len(found) > 10
    assert not [str(slot) for slot in reads if ask(slot)]
