"""The SQL functions that rows are reckoned with: ids, chances, organizations and people of the n-th row."""

ORGANIZATIONS = 200
BEGIN = "timestamptz '2026-01-01 00:00:00Z'"

FUNCTIONS = f"""
CREATE SCHEMA bench;
-- Sorts by n, as a UUIDv7 does by time.
CREATE FUNCTION bench.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(n), 12, '0') || '70008000' || lpad(to_hex(abs(hashtext(kind))), 12, '0'))::uuid
$$;
-- Evenly between 0 and 1, the same for the same n and salt.
CREATE FUNCTION bench.chance(n bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (hashint8extended(n, salt) & 2147483647) / 2147483648.0
$$;
CREATE FUNCTION bench.org(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT bench.id('organizations', 1 + floor({ORGANIZATIONS} * power(bench.chance(n, 1), 3))::bigint)
$$;
CREATE FUNCTION bench.person(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT bench.id('users', CASE WHEN n <= 10000 AND bench.chance(n, 2) < 0.1 THEN 1 ELSE 1000 + n / 10 END)
$$;
CREATE FUNCTION bench.pick(n bigint, salt bigint, choices text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT choices[1 + floor(cardinality(choices) * power(bench.chance(n, salt), 3))::integer]
$$;
"""
