"""/v1/insights/dashboards - the figures that matter this week, for whoever runs the place."""

from typing import Annotated

from insights.rules.kpis import Dashboard
from insights.schemas.dashboards import DashboardList, DashboardRead
from insights.service import dashboards as service
from lodestar.api import APIRouter, ReadSession, allow, lambda_handler, problems
from lodestar.principal import STAFF, Principal, Role
from lodestar.problems import Forbidden

router = APIRouter(tags=["insights"])
Reader = Annotated[Principal, allow(*STAFF, Role.ANALYST)]


@router.get("/v1/insights/dashboards", summary="List dashboards", response_model=DashboardList)
def list_dashboards(caller: Reader) -> DashboardList:
    """Those that the caller may open."""
    return service.openable(caller)


@router.get(
    "/v1/insights/dashboards/{name}",
    summary="Read a dashboard",
    response_model=DashboardRead,
    responses=problems(Forbidden),
)
def read_dashboard(name: Dashboard, caller: Reader, session: ReadSession) -> DashboardRead:
    """Real counts with seven-day trends (SB-01, JR-56): `admin` for administrators, `staff` for their own
    organization, `analyst` for aggregates without small groups."""
    return service.read(session, caller, name)


handler = lambda_handler(router)
