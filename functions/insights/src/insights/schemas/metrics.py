"""Metrics on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from insights.rules.catalogue import MetricName
from lodestar.api import Day, ReadModel, WriteModel
from lodestar.contracts.learning import Tier

__all__ = ["MetricCatalogue", "MetricDefinition", "MetricName", "MetricQuery", "MetricRead", "MetricRow"]

Cohort = Annotated[str, StringConstraints(min_length=1, max_length=40, to_lower=True)]
OF_COHORT = "A cohort's id; or a month of enrolment, of the learners who are in no cohort"


class MetricQuery(WriteModel):
    """Whom a metric counts: all that is given must hold. A filter that does not exist is refused: left out, the numbers
    would be those of more people than were meant."""

    model_config = ConfigDict(
        serialize_by_alias=True,
        json_schema_extra={"examples": [{"tier": "silver", "from": "2026-01-01", "to": "2026-03-31"}]},
    )

    program_id: UUID | None = None
    cohort: Cohort | None = Field(None, description=OF_COHORT, examples=["2026-03"])
    tier: Tier | None = None
    from_: Day | None = Field(None, alias="from", description="The first day of enrolment")
    to: Day | None = Field(None, description="The last day of enrolment")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError("`from` is after `to`")
        return self


class MetricDefinition(ReadModel):
    """What a metric counts, in plain words."""

    name: MetricName
    title: str = Field(examples=["Learners by tier"])
    group: str = Field(description="What a row is")
    numerator: str
    denominator: str
    average: str | None
    window: str
    zone: str
    unit: str = Field(description="Of `value`", examples=["percent"])
    average_unit: str | None
    source: str
    freshness: str
    suppression: str


class MetricCatalogue(ReadModel):
    """Every metric."""

    data: list[MetricDefinition]


class MetricRow(ReadModel):
    """A group. Nothing is told of one that is suppressed: its numbers are null and `text` says why."""

    key: str = Field(examples=["silver"])
    label: str = Field(examples=["Silver"])
    numerator: int | None
    denominator: int | None
    value: float | None = Field(description="Percent, with one decimal; null where there is nobody")
    unit: str
    average: float | None = Field(description="With one decimal, in `average_unit`")
    average_unit: str | None
    text: str = Field(examples=["12 of 40 learners (30.0 %)"])
    suppressed: bool


class MetricRead(ReadModel):
    """A metric with its rows in the order in which they are shown. `scope` is `everywhere` where it counts all
    organizations; `exact` is false where counts are rounded down and small groups suppressed."""

    model_config = ConfigDict(
        from_attributes=True,
        populate_by_name=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )

    name: MetricName
    title: str
    definition: MetricDefinition
    scope: Literal["organization", "everywhere"]
    exact: bool
    filters: dict[str, Any] = Field(description="As they were applied", examples=[{"tier": "silver"}])
    from_: date | None = Field(alias="from")
    to: date | None
    time_zone: str = Field(examples=["Europe/Berlin"])
    computed_through: datetime | None = Field(description="Null until there are figures")
    headline: str = Field(examples=["12 of 40 learners hold silver."])
    note: str | None = Field(description="What is not shown, and why")
    correlation: float | None = Field(description="Of quizzes with projects, -1 to 1, from 10 learners on")
    rows: list[MetricRow]
