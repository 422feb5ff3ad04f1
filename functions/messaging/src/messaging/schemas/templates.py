"""Templates, as the API takes and answers them."""

from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from lodestar.api import PatchModel, ReadModel, RowRead, WriteModel
from lodestar.contracts.messaging import Category, Channel
from messaging.rules.variables import Type
from messaging.schemas.fields import Key, Locale, Variables, Zone

State = Literal["draft", "active", "retired"]
Approval = Literal["not_needed", "pending", "approved", "rejected"]


DECLARED: list[JsonValue] = [{"name": "title", "type": "text", "example": "Systems design"}]
SUBJECT = "{{title}} begins soon"
BODY = "<p>Hello {{recipient_name}}, see you there.</p>"
"""Examples fit together: whoever takes a field's own into their request gets no other answer than for the whole."""


class VariableDeclaration(WriteModel):
    """A variable: `date_time` is RFC 3339, `url` https, `money` `{"amount": minor units, "currency": ISO 4217}`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", examples=["title"])
    type: Type = Field(examples=["text"])
    required: bool = True
    example: Any = Field(default=None, examples=["Systems design"])


class TemplateCreate(WriteModel):
    """A new revision of a text for one channel and locale. Without `body_text` it is derived from `body_html`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "key": "class-reminder",
                    "channel": "email",
                    "category": "operational",
                    "locale": "en",
                    "subject": SUBJECT,
                    "body_html": BODY,
                    "variables": DECLARED,
                }
            ]
        }
    )

    key: Key = Field(examples=["class-reminder"])
    channel: Channel
    category: Category
    locale: Locale = Field(default="en", examples=["en"])
    subject: str = Field(default="", max_length=300, examples=[SUBJECT])
    body_html: str = Field(default="", max_length=200_000, examples=[BODY])
    body_text: str = Field(default="", max_length=100_000)
    variables: list[VariableDeclaration] = Field(default_factory=list, max_length=50, examples=[DECLARED])
    vendor_template: str | None = Field(default=None, min_length=1, max_length=200)


class TemplatePatch(PatchModel):
    """The text of a draft, its state, or what WhatsApp's vendor said of it. An active revision is only retired."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"vendor_template"})

    subject: str | None = Field(default=None, max_length=300, examples=[SUBJECT])
    body_html: str | None = Field(default=None, max_length=200_000, examples=[BODY])
    body_text: str | None = Field(default=None, max_length=100_000)
    variables: list[VariableDeclaration] | None = Field(default=None, max_length=50, examples=[DECLARED])
    vendor_template: str | None = Field(default=None, min_length=1, max_length=200)
    state: State | None = Field(default=None, examples=["active"])
    approval: Literal["pending", "approved", "rejected"] | None = None


class TemplateRead(RowRead):
    """One revision."""

    key: str
    channel: Channel
    category: Category
    locale: str
    revision: int
    state: State
    subject: str
    body_html: str
    body_text: str
    variables: list[dict[str, Any]]
    vendor_template: str | None
    approval: Approval


class TemplatePreviewCreate(WriteModel):
    """Values for variables; the others show their examples. Times are written for `time_zone`."""

    variables: Variables = Field(default_factory=dict, examples=[{"title": "Systems design"}])
    time_zone: Zone = Field(default="UTC", examples=["Europe/Berlin"])


class TemplatePreviewRead(ReadModel):
    """What a recipient would get. `parameters` fill a WhatsApp campaign's {{1}}, {{2}}, ... in order."""

    template_id: UUID | None
    subject: str
    html: str | None
    text: str
    parameters: list[str]
