"""/v1/insights/metrics - what an organization's numbers are, as numbers and as pictures."""

from typing import Annotated

from fastapi import Header, Query, Response

from insights.errors import AggregatesOnly
from insights.schemas.metrics import MetricCatalogue, MetricName, MetricQuery, MetricRead
from insights.service import charts
from insights.service import metrics as service
from lodestar.api import APIRouter, ReadSession, allow, lambda_handler, problems
from lodestar.principal import STAFF, Principal, Role
from lodestar.problems import NotFound

router = APIRouter(tags=["insights"])
Reader = Annotated[Principal, allow(*STAFF, Role.ANALYST)]
SVG = "image/svg+xml"
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300" width="600" height="300" role="img"></svg>'
)


@router.get("/v1/insights/metrics", summary="List metrics", response_model=MetricCatalogue)
def list_metrics(_caller: Reader) -> MetricCatalogue:
    """Every metric with its definition (JR-55, JR-56)."""
    return service.all_definitions()


@router.get(
    "/v1/insights/metrics/{name}",
    summary="Read a metric",
    response_model=MetricRead,
    responses=problems(NotFound, AggregatesOnly)
    | {200: {"content": {SVG: {"schema": {"type": "string"}, "example": PICTURE}}}},
)
def read_metric(
    name: MetricName,
    caller: Reader,
    session: ReadSession,
    query: Annotated[MetricQuery, Query()],
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> MetricRead | Response:
    """Numbers, or with `Accept: image/svg+xml` a chart of them. Analysts read what is released each month, without
    groups of fewer than 10 people (JR-54)."""
    found = service.read(session, caller, name, query)
    if SVG not in accept:
        return found
    return Response(charts.svg(found), media_type=SVG, headers={"Vary": "Accept", "Cache-Control": "private"})


handler = lambda_handler(router)
