"""What messages say."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class MessageTemplate(VersionedRow, Base):
    """One revision of a text for a channel and a locale. Of a key, channel and locale, one revision is active.

    `variables` declares what it is filled with: `{name, type, required, example}`. `vendor_template` names what the
    vendor approved: AiSensy's campaign, or Bolna's agent.
    """

    __tablename__ = "message_templates"
    __table_args__ = ({"schema": "messaging"},)

    key: Mapped[str]
    channel: Mapped[str]
    category: Mapped[str]
    locale: Mapped[str]
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(default="draft")
    subject: Mapped[str] = mapped_column(default="")
    body_html: Mapped[str] = mapped_column(default="")
    body_text: Mapped[str]
    variables: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    vendor_template: Mapped[str | None]
    approval: Mapped[str] = mapped_column(default="not_needed")
