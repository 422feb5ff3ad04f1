"""What a learner played of an asset, and that it was enough."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow


class PlaybackSegments(TenantRow, Base):
    """The union of the segments credited to a learner, `[[from_ms, to_ms]]` in order.

    `covered_ms` is computed by the database. `unspent_ms` is the media time that may be credited without waiting;
    it refills with the time since `reported_at` (X-07).
    """

    __tablename__ = "playback_segments"
    __table_args__ = ({"schema": "media"},)

    asset_id: Mapped[UUID]
    learner_id: Mapped[UUID]
    segments: Mapped[list[list[int]]] = mapped_column(JSONB, default=list)
    duration_ms: Mapped[int]
    covered_ms: Mapped[int] = mapped_column(Computed("media.covered_ms(segments)"))
    position_ms: Mapped[int] = mapped_column(default=0)
    unspent_ms: Mapped[int]
    reported_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), onupdate=text("now()"))


class PlaybackClick(TenantRow, Base):
    """A person asked to play a recording (SB-06). The id is the request's, so that its repetition is no second click."""

    __tablename__ = "playback_clicks"
    __table_args__ = ({"schema": "media"},)

    asset_id: Mapped[UUID]
    learner_id: Mapped[UUID]


class PlaybackCompletion(TenantRow, Base):
    """A learner played 95 % of an asset (JR-30). The database refuses one without that coverage."""

    __tablename__ = "playback_completions"
    __table_args__ = ({"schema": "media"},)

    asset_id: Mapped[UUID]
    learner_id: Mapped[UUID]
    covered_ms: Mapped[int]
    duration_ms: Mapped[int]
