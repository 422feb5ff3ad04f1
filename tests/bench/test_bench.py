"""What `make bench` measures covers the product, and its arithmetic is right."""

import pytest
from sqlalchemy import text

from bench import history
from bench.driver import Result, compare, compare_rates, growth
from bench.filling import fill, filled_database
from bench.listings import LISTINGS, TABLES
from bench.lists import lists, variants
from bench.p1_cold_import import brought_by_each
from bench.p5_statements import (
    LIST_TARGET,
    READING,
    WRITE_TARGET,
    statements_of_list,
    statements_of_writes,
)
from bench.p11_row_security import POLICIES
from bench.product import running
from local.openapi import endpoint_modules
from tests.security.operations import operations


def test_every_list_of_the_api_is_measured() -> None:
    assert {operation.path for operation in lists()} == LISTINGS.keys()


@pytest.mark.slow
def test_no_endpoint_imports_what_only_some_requests_need() -> None:
    """An endpoint's secret brought an HTTP client along, and every route a library of models that nobody has."""
    assert brought_by_each(["tomllib", "json"]) == {"tomllib": ["tomllib"], "json": []}, "it would be seen"
    each = brought_by_each(list(endpoint_modules()))
    assert len(each) > 50
    assert {module: found for module, found in each.items() if found} == {}


@pytest.mark.slow
def test_every_write_is_measured_and_none_takes_more_than_nine_statements() -> None:
    """Two transactions that each looked at everything again took nineteen, copying a program's version fifteen. By
    requests that are prepared for it: examples alone left out eighteen, and five that cost too much."""
    with running():
        most, _ = statements_of_writes()
    measured = {" ".join(name.split()[:2]) for name in most}
    assert measured == {str(operation) for operation in operations() if operation.method not in READING}
    assert {name: count for name, count in most.items() if count > WRITE_TARGET} == {}


@pytest.mark.slow
def test_every_secured_table_can_be_filled_and_every_list_read() -> None:
    with filled_database() as server:
        with server.connect() as connection:
            secured = [row.name for row in connection.execute(text(POLICIES))]
        fill(server, {*secured, *TABLES}, above=0, up_to=200)
        found = list(variants(server))
        assert {variant.path for variant in found} == LISTINGS.keys()
        most = {v.path: max(statements_of_list(v)) for v in found if v.asked == "all"}
        assert {path: n for path, n in most.items() if n > LIST_TARGET} == {}, (
            "batches asked for each row's counts"
        )
        paged = [v for v in found if v.asked == "all" and v.page(limit=1)["page"]["next_cursor"]]
        for variant in paged:
            before_last = variant.page(limit=1, cursor=variant.cursor_before(1))
            assert (len(before_last["data"]), before_last["page"]["next_cursor"]) == (1, None)
    assert len({variant.path for variant in paged}) > len(LISTINGS) * 0.8


def test_growth_is_the_power_of_the_size() -> None:
    assert growth([(10, 3.0), (100, 30.0), (1000, 300.0)]) == pytest.approx(1.0)
    assert growth([(10, 3.0), (100, 3.0), (1000, 3.0)]) == pytest.approx(0.0)
    assert growth([(10, 1.0), (1000, 10.0)]) == pytest.approx(0.5)


def test_twice_the_time_is_a_ratio_of_two_and_half_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def work(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr("bench.driver.time.perf_counter", lambda: now)
    slower = compare("P0", "x", baseline=lambda: work(1), candidate=lambda: work(2), target=1.5)
    assert (slower.value, slower.low, slower.high, slower.met) == (2, 2, 2, False)
    rate = compare_rates("P0", "x", baseline=lambda: work(1), candidate=lambda: work(2), target=0.3)
    assert (rate.value, rate.met) == (0.5, True)


def test_the_table_shows_the_newest_measurement_of_each_goal() -> None:
    def run(date: str, *results: Result) -> dict[str, object]:
        machine = {"commit": "abc", "machine": "2 cores", "python": "3.13"}
        return {"date": date, **machine, "results": [vars(result) for result in results]}

    old = run("2026-01-01", Result("P1", "import", 1.5, 1.3), Result("P10", "drain", 0.2, 0.3, ">="))
    new = run("2026-02-02", Result("P1", "import", 1.2, 1.3))
    lines = history.table([old, new]).splitlines()
    assert "| import | 1.20 |  | <= 1.30 | met |  |" in lines
    assert "| drain | 0.20 |  | >= 0.30 | **missed** |  |" in lines
    assert not [line for line in lines if "1.50" in line]
    assert lines.index("## P1") < lines.index("## P10")


def test_the_committed_table_is_the_history_s() -> None:
    _, _, measured = history.TABLE.read_text(encoding="utf-8").partition(history.MARK)
    assert measured.strip() == history.table(history.runs()).strip()
