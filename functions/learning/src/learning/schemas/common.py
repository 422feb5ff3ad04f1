"""What the domain's bodies and answers share."""

from typing import Annotated

from pydantic import Field, StringConstraints

Key = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100),
    Field(description="Unique beside its siblings; kept for good", examples=["job-readiness"]),
]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=5000)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
Position = Annotated[int, Field(ge=1, le=1000, description="Order among its siblings, from 1")]
Percent = Annotated[float, Field(ge=0, le=100)]
