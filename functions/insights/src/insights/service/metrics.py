"""A metric put together for whoever asks: exact for staff, released for analysts (ADR 0014)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.orm import Session

from insights.errors import AggregatesOnly
from insights.repository import metrics as repository
from insights.repository.metrics import About, Cell
from insights.rules import catalogue, figures
from insights.rules.catalogue import CATALOGUE, MetricName
from insights.rules.figures import Figure
from insights.schemas.metrics import MetricCatalogue, MetricDefinition, MetricQuery, MetricRead, MetricRow
from lodestar.principal import Principal, Role
from lodestar.problems import NotFound

Reading = Literal["exact", "released", "everywhere"]
NARROWING = ("cohort", "tier", "from_", "to")


def all_definitions() -> MetricCatalogue:
    """What there is to ask for."""
    return MetricCatalogue(data=[_definition(name) for name in MetricName])


def read(session: Session, caller: Principal, name: MetricName, query: MetricQuery) -> MetricRead:
    """Staff: their organization's, exact. Analysts: what was released of it. Analysts and administrators of the
    platform: what was released of every organization. Raises `NotFound`, `AggregatesOnly`."""
    about = repository.about(session, query)
    return _seen(session, name, query, about=about, reading=_reading(caller, query, about))


def reading_of(session: Session, caller: Principal, query: MetricQuery) -> Reading:
    """With whose eyes the caller sees metrics. Raises `NotFound`, `AggregatesOnly`."""
    return _reading(caller, query, repository.about(session, query))


def read_as(session: Session, reading: Reading, name: MetricName, query: MetricQuery) -> MetricRead:
    """The metric, for work that nobody waits for: the caller's reading was found out before."""
    return _seen(session, name, query, about=repository.about(session, query), reading=reading)


def _reading(caller: Principal, query: MetricQuery, about: About) -> Reading:
    everywhere = about.is_platform and caller.has(Role.PLATFORM_ADMIN, Role.ANALYST)
    if not everywhere and not about.known:
        raise NotFound("There is no such program in your organization.")
    if caller.is_staff and not everywhere:
        return "exact"
    if any(getattr(query, field) is not None for field in NARROWING):
        raise AggregatesOnly("Leave out `cohort`, `tier`, `from` and `to`.")
    return "everywhere" if everywhere else "released"


def _seen(
    session: Session, name: MetricName, query: MetricQuery, *, about: About, reading: Reading
) -> MetricRead:
    if reading == "exact":
        return _read(session, name, query, about=about, cells=repository.sums(session, name, query))
    everywhere = reading == "everywhere"
    cells, month = repository.released(session, name, query, everywhere=everywhere)
    through = datetime(month.year, month.month, 1, tzinfo=UTC) if month else None
    return _read(
        session, name, query, about=about, cells=cells, exact=False, everywhere=everywhere, through=through
    )


def _read(
    session: Session,
    name: MetricName,
    query: MetricQuery,
    *,
    about: About,
    cells: Sequence[Cell],
    exact: bool = True,
    everywhere: bool = False,
    through: datetime | None = None,
) -> MetricRead:
    groups = {cell.key: cell for cell in cells if not cell.key.startswith("_")}
    titles = repository.labels(session, name, list(groups))
    keys = sorted(groups, key=lambda key: figures.order(name, key, titles.get(key)))
    shown = [_figure(name, groups[key], groups, title=titles.get(key)) for key in keys]
    moments = [moment for moment in (about.event_at, about.rebuilt_at) if moment]
    return MetricRead(
        name=name,
        title=CATALOGUE[name].title,
        definition=_definition(name),
        scope="everywhere" if everywhere else "organization",
        exact=exact,
        filters=query.model_dump(mode="json", exclude_none=True),
        from_=query.from_,
        to=query.to,
        time_zone=about.time_zone,
        computed_through=max(moments, default=None) if exact else through,
        headline=figures.headline(name, shown, exact=exact) if exact or through else figures.NOTHING_RELEASED,
        note=None if exact else catalogue.SUPPRESSION,
        correlation=_correlation(cells) if exact and name is MetricName.QUIZ_EFFECTIVENESS else None,
        rows=[_row(name, figure, groups[figure.key], exact=exact) for figure in shown],
    )


def _figure(
    name: MetricName, cell: Cell, groups: Mapping[str, Cell], *, title: tuple[str, int] | None
) -> Figure:
    label = figures.label(name, cell.key, title[0] if title else None)
    if not cell.shown:
        return Figure(cell.key, label, None, None, None)
    of = cell.denominator
    if CATALOGUE[name].distribution:
        of = sum(other.denominator for other in groups.values())
    return Figure(cell.key, label, cell.numerator, of, figures.average(cell.amount, cell.counted))


def _row(name: MetricName, figure: Figure, cell: Cell, *, exact: bool) -> MetricRow:
    left_out = cell.withheld if cell.shown else 0
    return MetricRow(
        key=figure.key,
        label=figure.label,
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=figure.value,
        unit=catalogue.UNIT,
        average=figure.average,
        average_unit=CATALOGUE[name].average_unit,
        text=figures.row_text(name, figure, exact=exact, left_out=left_out),
        suppressed=figure.numerator is None,
    )


def _correlation(cells: Sequence[Cell]) -> float | None:
    sums = {cell.key: cell.amount for cell in cells if cell.key.startswith("_")}
    pairs = next((cell.counted for cell in cells if cell.key == "_x"), 0)
    return figures.correlation(pairs, sums) if pairs else None


def _definition(name: MetricName) -> MetricDefinition:
    known = CATALOGUE[name]
    return MetricDefinition(
        name=name,
        title=known.title,
        group=known.group,
        numerator=known.numerator,
        denominator=known.denominator,
        average=known.average,
        window=catalogue.WINDOW,
        zone=catalogue.ZONE,
        unit=catalogue.UNIT,
        average_unit=known.average_unit,
        source=known.source,
        freshness=catalogue.FRESHNESS,
        suppression=catalogue.SUPPRESSION,
    )
