"""What several bodies and answers share."""

from typing import Annotated

from pydantic import Field, StringConstraints

Key = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100), Field(examples=["numeracy"])
]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=5_000)]
Prompt = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Percent = Annotated[float, Field(ge=0, le=100, description="In percent")]
