"""What media keeps of people: recordings of themselves with all that was made of them, and what they played."""

from lodestar.privacy import PersonalData, PersonalTable, owned_by, part_of, runs_about

RECORDINGS = PersonalTable(
    "media.media_assets",
    "{t}.owner_id = :person AND NOT {t}.taught",
    folder="regexp_replace(t.storage_key, '[^/]*$', '')",
)
"""What is taught belongs to the organization, whoever uploaded it."""

PERSONAL_DATA = PersonalData(
    domain="media",
    tables=(
        RECORDINGS,
        PersonalTable("media.uploads", part_of(RECORDINGS, "asset_id")),
        PersonalTable("media.recording_consents", owned_by("learner_id")),
        PersonalTable("media.renditions", part_of(RECORDINGS, "asset_id")),
        PersonalTable("media.transcripts", part_of(RECORDINGS, "asset_id")),
        PersonalTable("media.captions", part_of(RECORDINGS, "asset_id")),
        PersonalTable("media.playback_segments", owned_by("learner_id")),
        PersonalTable("media.playback_clicks", owned_by("learner_id")),
        PersonalTable("media.playback_completions", owned_by("learner_id")),
        runs_about(RECORDINGS),
    ),
    references=frozenset(
        {"media.media_assets.owner_id", "media.media_assets.deleted_by", "media.uploads.owner_id"}
    ),
)
