"""A domain's tables and how they hang together, as Mermaid draws it (and GitHub renders it)."""

from local.schema.catalogue import Constraint, Table

TENANT = "identity.organizations"


def entity_relationships(tables: list[Table]) -> list[str]:
    """Each table with its keys; a line for each foreign key but those to the organization, which every table has."""
    lines, foreign = list[str](), set[str]()
    for table in tables:
        lines += _entity(table)
        for key in _relations(table):
            lines.append(_relation(table, key))
            foreign |= {str(key.target)} - {other.full_name for other in tables}
    away = [f'    {_name(name)}["{name}"]' for name in sorted(foreign)]
    return ["```mermaid", "erDiagram", *away, *lines, "```"]


def _relations(table: Table) -> list[Constraint]:
    return [key for key in table.of("f") if key.target != TENANT]


def _entity(table: Table) -> list[str]:
    foreign = {column for key in _relations(table) for column in key.columns} - {"org_id"}
    shown = [column for column in table.columns if column.name in {*table.key, *foreign}]
    lines = [f'    {_name(table.full_name)}["{table.name}"] {{']
    for column in shown:
        marks = ["PK"] if column.name in table.key else []
        marks += ["FK"] if column.name in foreign else []
        lines.append(
            f"        {column.type.partition('(')[0].replace(' ', '_')} {column.name} {','.join(marks)}"
        )
    return [*lines, "    }"]


def _relation(table: Table, key: Constraint) -> str:
    """`|o` where the column may be null, `o|` where no two rows may share it."""
    own = set(key.columns) - {"org_id"}
    optional = any(column.nullable for column in table.columns if column.name in own)
    alone = any(set(unique.columns) - {"org_id"} == own for unique in [*table.of("p"), *table.of("u")])
    ends = f"{'|o' if optional else '||'}--{'o|' if alone else 'o{'}"
    names = ", ".join(column for column in key.columns if column != "org_id")
    return f'    {_name(str(key.target))} {ends} {_name(table.full_name)} : "{names}"'


def _name(full_name: str) -> str:
    return full_name.replace(".", "_")
