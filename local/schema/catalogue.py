"""What PostgreSQL's catalogue knows of the migrated database."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

OURS = "n.nspname !~ '^(pg_|information_schema$|public$|migrations$)'"
TABLES = f"""
SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
  (SELECT array_agg(DISTINCT g.privilege_type ORDER BY g.privilege_type) FROM aclexplode(c.relacl) AS g
   WHERE g.grantee = 'lodestar_app'::regrole)::text[] AS verbs,
  (SELECT pg_get_expr(p.polqual, c.oid) FROM pg_policy AS p
   WHERE p.polrelid = c.oid AND p.polcmd IN ('r', '*') AND 'lodestar_app'::regrole = ANY (p.polroles)
     AND p.polpermissive) AS visible,
  EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polname = 'erasing_only') AS erasing_only
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v') AND {OURS} ORDER BY 1, 2
"""
COLUMNS = f"""
SELECT n.nspname AS schema, c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
  NOT a.attnotnull AS nullable, pg_get_expr(d.adbin, d.adrelid) AS default, a.attidentity <> '' AS numbered
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped AND {OURS}
ORDER BY 1, 2, a.attnum
"""
CONSTRAINTS = f"""
SELECT n.nspname AS schema, c.relname AS table, k.conname AS name, k.contype::text AS kind,
  pg_get_constraintdef(k.oid, true) AS definition,
  ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS o (number, place)
    JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = o.number ORDER BY o.place)::text[] AS columns,
  CASE WHEN k.confrelid <> 0 THEN k.confrelid::regclass::text END AS target
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND {OURS}
ORDER BY 1, 2, array_position(ARRAY['p', 'u', 'x', 'f', 'c'], k.contype::text), 3
"""
INDEXES = f"""
SELECT n.nspname AS schema, c.relname AS table, i.relname AS name, x.indisunique AS unique, m.amname AS method,
  ARRAY(SELECT pg_get_indexdef(x.indexrelid, place, true)
    FROM generate_series(1, x.indnkeyatts) AS place ORDER BY place)::text[] AS columns,
  pg_get_expr(x.indpred, x.indrelid, true) AS predicate
FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS c ON c.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_am AS m ON m.oid = i.relam
WHERE {OURS} AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY 1, 2, 3
"""
TRIGGERS = f"""
SELECT n.nspname AS schema, c.relname AS table, t.tgname AS name, pg_get_triggerdef(t.oid, true) AS definition,
  p.prosrc AS source
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_proc AS p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND {OURS} ORDER BY 1, 2, 3
"""
FUNCTIONS = f"""
SELECT n.nspname AS schema, p.proname AS name, pg_get_function_identity_arguments(p.oid) AS arguments,
  pg_get_function_result(p.oid) AS result, p.prosecdef AS crosses, p.prosrc AS source,
  p.prorettype = 'trigger'::regtype AS is_trigger,
  ARRAY(SELECT DISTINCT u.name FROM pg_depend AS d
    JOIN (VALUES ('pg_policy', 'policies'), ('pg_rewrite', 'views'), ('pg_constraint', 'checks')) AS u (catalogue, name)
      ON d.classid = u.catalogue::regclass
    WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid ORDER BY 1)::text[] AS used_in
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE {OURS} ORDER BY 1, 2, 3
"""
SHORT = {
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "double precision": "float8",
}


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    nullable: bool
    default: str | None


@dataclass(frozen=True)
class Constraint:
    """`kind` is PostgreSQL's letter: p, u, x, f or c. `target` is the table that a foreign key points to."""

    name: str
    kind: str
    definition: str
    columns: tuple[str, ...]
    target: str | None


@dataclass(frozen=True)
class Index:
    """One that no constraint made. `columns` are names or expressions."""

    name: str
    unique: bool
    method: str
    columns: tuple[str, ...]
    predicate: str | None


@dataclass(frozen=True)
class Trigger:
    """`source` is the body of the function that it calls."""

    name: str
    definition: str
    source: str


@dataclass(frozen=True)
class Table:
    """`verbs` is what the application may do; `visible` what it is shown, as a condition of its rows."""

    schema: str
    name: str
    verbs: tuple[str, ...]
    visible: str | None
    erasing_only: bool
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[Trigger, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    def of(self, kind: str) -> list[Constraint]:
        """The constraints of one kind."""
        return [constraint for constraint in self.constraints if constraint.kind == kind]

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key's columns."""
        return next((constraint.columns for constraint in self.of("p")), ())


@dataclass(frozen=True)
class Function:
    """`crosses` says that it runs with rights of its own, over all organizations; `used_in` names the kinds of things in
    the database that call it, besides other functions."""

    schema: str
    name: str
    arguments: str
    result: str
    crosses: bool
    source: str
    is_trigger: bool
    used_in: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Catalogue:
    """All that the migrations made."""

    tables: tuple[Table, ...]
    views: tuple[Table, ...]
    functions: tuple[Function, ...]

    @property
    def schemas(self) -> list[str]:
        return sorted({table.schema for table in self.tables})


def read(connection: Connection) -> Catalogue:
    """Seven statements, however many tables there are."""
    found = {name: _by_table(_rows(connection, query)) for name, query in PARTS.items()}
    made = [(row.kind, _table(row, found)) for row in _rows(connection, TABLES)]
    functions = tuple(Function(**_fields(row)) for row in _rows(connection, FUNCTIONS))
    tables = tuple(table for kind, table in made if kind != "v")
    return Catalogue(tables, tuple(table for kind, table in made if kind == "v"), functions)


def _rows(connection: Connection, query: str) -> list[Any]:
    return list(connection.execute(text(query)))


def _by_table(rows: list[Any]) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        found.setdefault((row.schema, row.table), []).append(row)
    return found


def _table(row: Any, found: dict[str, dict[tuple[str, str], list[Any]]]) -> Table:
    parts: dict[str, Any] = {
        name: tuple(map(_MAKE[name], by_table.get((row.schema, row.name), ())))
        for name, by_table in found.items()
    }
    visible = plain(row.visible) if row.visible else None
    return Table(row.schema, row.name, tuple(row.verbs or ()), visible, row.erasing_only, **parts)


def _fields(row: Any, *leave_out: str) -> dict[str, Any]:
    fields = {key: value for key, value in row._asdict().items() if key not in leave_out}
    return {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}


def _column(row: Any) -> Column:
    default = "a sequence" if row.numbered else plain(row.default) if row.default else None
    return Column(row.name, SHORT.get(row.type, row.type), row.nullable, default)


def _constraint(row: Any) -> Constraint:
    definition = plain(row.definition)
    return Constraint(**{**_fields(row, "schema", "table"), "definition": definition})


def _index(row: Any) -> Index:
    predicate = plain(row.predicate) if row.predicate else None
    columns = tuple(plain(column) for column in row.columns)
    return Index(row.name, row.unique, row.method, columns, predicate)


def _trigger(row: Any) -> Trigger:
    return Trigger(row.name, row.definition, row.source)


PARTS = {"columns": COLUMNS, "constraints": CONSTRAINTS, "indexes": INDEXES, "triggers": TRIGGERS}
_MAKE: dict[str, Callable[[Any], Any]] = {
    "columns": _column,
    "constraints": _constraint,
    "indexes": _index,
    "triggers": _trigger,
}

REWRITTEN = (
    (
        re.compile(
            r"::(text|jsonb|regclass|numeric|integer|character varying|tsvector|regconfig|uuid)(\[\])?"
        ),
        "",
    ),
    (re.compile(r"= ANY \(ARRAY\[([^]]*)\]\)"), r"IN (\1)"),
    (re.compile(r"<> ALL \(ARRAY\[([^]]*)\]\)"), r"NOT IN (\1)"),
    (re.compile(r"\s+"), " "),
)


def plain(expression: str) -> str:
    """An expression as a person writes it: without casts, and `IN` for `= ANY (ARRAY[...])`."""
    for pattern, words in REWRITTEN:
        expression = pattern.sub(words, expression)
    return expression
