"""Media: uploads, assets, their renditions, transcripts and captions, and what was played of them."""

from alembic import op

from tenancy import create_crossing_function, create_schema, drop_schema, let_cross, publish_view, secure

revision = "0004"
down_revision = "0003"

COLUMNS = """
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (org_id, id)"""
VERSIONED = f"{COLUMNS}, version integer NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT now()"
ASSET = "FOREIGN KEY (org_id, asset_id) REFERENCES media.media_assets (org_id, id)"

FILES = f"""
CREATE TABLE media.media_assets ({VERSIONED},
  owner_id uuid NOT NULL REFERENCES identity.users (id),
  purpose text NOT NULL CHECK (purpose IN ('lesson_video', 'masterclass_video', 'interview_video', 'resource')),
  taught boolean NOT NULL GENERATED ALWAYS AS (purpose <> 'interview_video') STORED,
  subject_type text, subject_id uuid,
  state text NOT NULL DEFAULT 'uploading' CHECK (state IN ('uploading', 'processing', 'ready', 'rejected')),
  title text NOT NULL, filename text NOT NULL, content_type text NOT NULL, storage_key text NOT NULL,
  language text, size_bytes bigint, etag text, duration_ms bigint CHECK (duration_ms > 0),
  width integer, height integer, video_codec text, audio_codec text,
  problem_code text, problem_detail text,
  claimed_by text, claimed_at timestamptz, tries integer NOT NULL DEFAULT 0,
  ready_at timestamptz, retain_until timestamptz, deleted_at timestamptz, deleted_by uuid,
  UNIQUE (storage_key),
  CHECK ((subject_type IS NULL) = (subject_id IS NULL)),
  CHECK ((state = 'rejected') = (problem_code IS NOT NULL)),
  CHECK ((problem_code IS NULL) = (problem_detail IS NULL))
);
CREATE INDEX media_assets_of_owner ON media.media_assets (org_id, owner_id, id);
CREATE INDEX media_assets_by_purpose ON media.media_assets (org_id, purpose, id);
CREATE INDEX media_assets_in_work ON media.media_assets (updated_at) WHERE state = 'processing';
CREATE INDEX media_assets_retained ON media.media_assets (retain_until) WHERE retain_until IS NOT NULL;

CREATE TABLE media.uploads ({COLUMNS},
  asset_id uuid NOT NULL, owner_id uuid NOT NULL REFERENCES identity.users (id),
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'received', 'expired')),
  method text NOT NULL CHECK (method IN ('post', 'multipart')),
  storage_key text NOT NULL, content_type text NOT NULL, declared_bytes bigint NOT NULL CHECK (declared_bytes > 0),
  largest_bytes bigint NOT NULL, part_bytes bigint, part_count integer, multipart_id text,
  size_bytes bigint, etag text, expires_at timestamptz NOT NULL, received_at timestamptz,
  UNIQUE (storage_key), {ASSET},
  CHECK ((state = 'received') = (received_at IS NOT NULL))
);
CREATE INDEX uploads_of_asset ON media.uploads (org_id, asset_id);
CREATE INDEX uploads_of_owner ON media.uploads (org_id, owner_id, id);
CREATE INDEX uploads_pending ON media.uploads (created_at) WHERE state = 'pending';

-- What the consent to record said when an upload began: evidence that outlives a withdrawal.
CREATE TABLE media.recording_consents ({COLUMNS},
  asset_id uuid NOT NULL, learner_id uuid NOT NULL REFERENCES identity.users (id), purpose text NOT NULL,
  UNIQUE (org_id, asset_id, purpose), {ASSET}
);
CREATE INDEX recording_consents_of_learner ON media.recording_consents (org_id, learner_id, id);
"""

TEXTS = f"""
-- Files made from an asset: the pieces of its sound, each with its transcript once it has one.
CREATE TABLE media.renditions ({COLUMNS},
  asset_id uuid NOT NULL, kind text NOT NULL CHECK (kind IN ('audio')), position integer NOT NULL,
  storage_key text NOT NULL, content_type text NOT NULL, size_bytes bigint NOT NULL,
  starts_ms bigint NOT NULL, duration_ms bigint NOT NULL, speech jsonb,
  UNIQUE (org_id, asset_id, kind, position), {ASSET}
);

CREATE TABLE media.transcripts ({VERSIONED},
  asset_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'ready', 'failed')),
  text text NOT NULL DEFAULT '', language text,
  source text NOT NULL DEFAULT 'none' CHECK (source IN ('model', 'person', 'none')),
  model text, problem_detail text,
  UNIQUE (org_id, asset_id), {ASSET},
  CHECK ((state = 'ready') = (source <> 'none')), CHECK ((source = 'model') = (model IS NOT NULL))
);
CREATE INDEX transcripts_pending ON media.transcripts (updated_at) WHERE state = 'pending';

-- cues: [{{"start_ms", "end_ms", "text"}}] in order.
CREATE TABLE media.captions ({COLUMNS},
  asset_id uuid NOT NULL, language text NOT NULL, cues jsonb NOT NULL CHECK (jsonb_typeof(cues) = 'array'),
  UNIQUE (org_id, asset_id, language), {ASSET}
);

CREATE FUNCTION media.keep_a_persons_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A person wrote this transcript; no model replaces it.'
    USING ERRCODE = 'LS409', CONSTRAINT = 'transcript_by_person';
END $$;
CREATE TRIGGER a_person_wins BEFORE UPDATE ON media.transcripts FOR EACH ROW
  WHEN (OLD.source = 'person' AND NEW.source <> 'person') EXECUTE FUNCTION media.keep_a_persons_words();
"""

PLAYBACK = f"""
CREATE FUNCTION media.covered_ms(segments jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(sum(upper(played) - lower(played)), 0)::bigint FROM unnest((
    SELECT range_agg(int8range((segment ->> 0)::bigint, (segment ->> 1)::bigint))
    FROM jsonb_array_elements(segments) AS segment
  )) AS played
$$;
GRANT EXECUTE ON FUNCTION media.covered_ms(jsonb) TO lodestar_app;

-- segments: [[from_ms, to_ms]], what was credited. unspent_ms: media time that may be credited at once.
CREATE TABLE media.playback_segments ({COLUMNS},
  asset_id uuid NOT NULL, learner_id uuid NOT NULL REFERENCES identity.users (id),
  segments jsonb NOT NULL DEFAULT '[]', duration_ms bigint NOT NULL CHECK (duration_ms > 0),
  covered_ms bigint NOT NULL GENERATED ALWAYS AS (media.covered_ms(segments)) STORED,
  position_ms bigint NOT NULL DEFAULT 0, unspent_ms bigint NOT NULL,
  reported_at timestamptz NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, asset_id, learner_id),
  CHECK (position_ms BETWEEN 0 AND duration_ms), CHECK (unspent_ms >= 0)
);
CREATE INDEX playback_segments_of_learner ON media.playback_segments (org_id, learner_id, asset_id);
CREATE INDEX playback_segments_of_asset ON media.playback_segments (org_id, asset_id, id);

CREATE TABLE media.playback_completions ({COLUMNS},
  asset_id uuid NOT NULL, learner_id uuid NOT NULL REFERENCES identity.users (id),
  covered_ms bigint NOT NULL, duration_ms bigint NOT NULL,
  UNIQUE (org_id, asset_id, learner_id),
  CONSTRAINT covered_enough CHECK (covered_ms * 100 >= duration_ms * 95)
);
CREATE INDEX playback_completions_of_learner ON media.playback_completions (org_id, learner_id, asset_id);

CREATE FUNCTION media.refuse_less_playback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'What was played stays played.' USING ERRCODE = 'LS409', CONSTRAINT = 'playback_goes_up';
END $$;
CREATE TRIGGER playback_goes_up BEFORE UPDATE ON media.playback_segments FOR EACH ROW
  WHEN (media.covered_ms(NEW.segments) < OLD.covered_ms) EXECUTE FUNCTION media.refuse_less_playback();

CREATE FUNCTION media.refuse_uncovered_completion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM media.playback_segments AS played JOIN media.media_assets AS asset ON asset.id = played.asset_id
    WHERE played.org_id = NEW.org_id AND played.asset_id = NEW.asset_id AND played.learner_id = NEW.learner_id
      AND played.covered_ms >= NEW.covered_ms AND NEW.duration_ms = asset.duration_ms
      AND played.covered_ms * 100 >= asset.duration_ms * 95)
  THEN
    RAISE EXCEPTION 'A completion needs 95 %% of the recording to have been played.'
      USING ERRCODE = 'LS409', CONSTRAINT = 'coverage_needed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER coverage_needed BEFORE INSERT OR UPDATE ON media.playback_completions
  FOR EACH ROW EXECUTE FUNCTION media.refuse_uncovered_completion();
"""

PUBLISHED = """
CREATE FUNCTION media.playback_is_complete(asset uuid, learner uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM media.playback_completions AS c WHERE c.asset_id = asset AND c.learner_id = learner)
$$;
GRANT EXECUTE ON FUNCTION media.playback_is_complete(uuid, uuid) TO lodestar_app;
"""

V_ASSETS = """
SELECT id AS asset_id, owner_id, purpose, state, content_type, size_bytes, duration_ms, storage_key,
       problem_code, problem_detail, org_id = backbone.current_org() AS is_own
FROM media.media_assets WHERE deleted_at IS NULL
"""
V_TRANSCRIPTS = "SELECT asset_id, state, text, language, source, model FROM media.transcripts"
V_PLAYBACKS = """
SELECT p.asset_id, p.learner_id, p.position_ms, p.covered_ms, p.duration_ms, c.created_at AS completed_at
FROM media.playback_segments AS p
LEFT JOIN media.playback_completions AS c
  ON c.org_id = p.org_id AND c.asset_id = p.asset_id AND c.learner_id = p.learner_id
"""

STUCK_ASSETS = """
RETURNS TABLE (org_id uuid, event_name text, data jsonb) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT a.org_id, 'media.processing_requested', jsonb_build_object('asset_id', a.id)
  FROM media.media_assets AS a LEFT JOIN media.transcripts AS t ON t.org_id = a.org_id AND t.asset_id = a.id
  WHERE (a.state = 'processing' OR (a.state = 'ready' AND t.state = 'pending')) AND a.deleted_at IS NULL
    AND greatest(a.updated_at, a.claimed_at, t.updated_at) < now() - make_interval(secs => older_than_seconds)
  ORDER BY a.updated_at LIMIT 1000
$$"""

PENDING_UPLOADS = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT u.org_id, u.id FROM media.uploads AS u
  WHERE u.state = 'pending' AND u.created_at < now() - make_interval(secs => older_than_seconds)
  ORDER BY u.created_at LIMIT 1000
$$"""

RETENTION_OVER = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT a.org_id, a.id FROM media.media_assets AS a WHERE a.retain_until < now()
  ORDER BY a.retain_until LIMIT 1000
$$"""

TAUGHT = "taught AND org_id = ANY ((SELECT learning.content_owner_ids())::uuid[])"
AS_ITS_ASSET = "EXISTS (SELECT FROM media.media_assets AS a WHERE a.id = asset_id)"


def upgrade() -> None:
    create_schema("media")
    for block in (FILES, TEXTS, PLAYBACK, PUBLISHED):
        op.execute(block)
    secure("media.media_assets", visible=f"org_id = backbone.current_org() OR ({TAUGHT})")
    for table in ("transcripts", "captions"):
        secure(f"media.{table}", visible=f"org_id = backbone.current_org() OR {AS_ITS_ASSET}")
    for table in ("uploads", "renditions", "playback_segments"):
        secure(f"media.{table}")
    for table in ("recording_consents", "playback_completions"):
        secure(f"media.{table}", grants="SELECT, INSERT")
    publish_view("media.v_assets", V_ASSETS)
    publish_view("media.v_transcripts", V_TRANSCRIPTS)
    publish_view("media.v_playbacks", V_PLAYBACKS)
    for table in ("media_assets", "uploads", "transcripts"):
        let_cross(f"media.{table}")
    create_crossing_function("media.stuck_assets(older_than_seconds integer)", STUCK_ASSETS)
    create_crossing_function("media.pending_uploads(older_than_seconds integer)", PENDING_UPLOADS)
    create_crossing_function("media.retention_over()", RETENTION_OVER)


def downgrade() -> None:
    drop_schema("media")
