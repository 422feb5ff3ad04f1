"""Dashboards on the wire."""

from datetime import datetime

from pydantic import Field

from insights.rules.kpis import Dashboard
from lodestar.api import ReadModel


class DashboardRef(ReadModel):
    """A dashboard that the caller may open."""

    name: Dashboard
    title: str = Field(examples=["Administration"])
    url: str = Field(examples=["/v1/insights/dashboards/admin"])


class DashboardList(ReadModel):
    """Those that the caller may open."""

    data: list[DashboardRef]


class KpiRead(ReadModel):
    """A figure with its trend: `previous` is what `definition` compares it with, and null where that is not known."""

    name: str = Field(examples=["new-enrollments"])
    title: str = Field(examples=["New enrolments"])
    value: float | None = Field(examples=[40])
    unit: str = Field(examples=["enrolments"])
    previous: float | None = Field(examples=[37])
    change: float | None = Field(examples=[3], description="Of percent, in points")
    text: str = Field(examples=["40 enrolments, 3 more than the week before."])
    definition: str
    url: str = Field(description="What it counts", examples=["/v1/insights/learners?sort=-enrolled_at"])


class MetricRef(ReadModel):
    """A metric to go on with."""

    name: str
    title: str
    url: str


class DashboardRead(ReadModel):
    """A dashboard as of now."""

    name: Dashboard
    title: str
    as_of: datetime
    time_zone: str = Field(examples=["Europe/Berlin"])
    kpis: list[KpiRead]
    metrics: list[MetricRef]
