"""What a domain says of its tables: whose rows they are, what is not handed out, what outlives an erasure and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class LegalGround(StrEnum):
    """Why a row outlives an erasure; the values are the words of the certificate."""

    AUDIT = (
        "GDPR Art. 17(3)(b), (e): a log of who did what, kept unchanged to meet legal obligations and claims"
    )
    CONSENT = "GDPR Art. 7(1): proof that consent was given and when it was withdrawn"
    ACCOUNTABILITY = "GDPR Art. 5(2): proof that privacy requests and legal holds were dealt with"


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """A table with rows that are about one person.

    `whose` is the SQL condition for a person's rows: `{t}` stands for the table, `:person` for the person's id.
    `withheld` columns hold credentials and are left out of an export. With `kept`, erasure leaves the rows and the
    certificate says why. `folder` is an SQL expression on `t`: the objects under that prefix are the row's files.
    `apart` says that the domain's own service erases the rows, because more than rows goes with them.
    """

    name: str
    whose: str
    withheld: tuple[str, ...] = ()
    kept: LegalGround | None = None
    folder: str | None = None
    has_organization: bool = True
    apart: bool = False

    def of_person(self, alias: str = "t") -> str:
        """The condition on the rows of `:person` in the transaction's organization."""
        own = self.whose.format(t=alias)
        return f"{alias}.org_id = backbone.current_org() AND ({own})" if self.has_organization else own


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All that a domain keeps. `tables` has parents before their parts; erasure goes the other way round.

    `impersonal` names every other table, with the reason why no row of it is about a person. `references` are the
    columns of tables, impersonal ones and other people's rows, that name a person who acted: `schema.table.column`.
    They stay: the person's name is kept in one place, which an erasure empties.
    """

    domain: str
    tables: tuple[PersonalTable, ...]
    impersonal: Mapping[str, str] = field(default_factory=dict)
    references: frozenset[str] = frozenset()


def owned_by(column: str) -> str:
    """`whose` of a table whose column holds the person's id."""
    return f"{{t}}.{column} = :person"


def part_of(parent: PersonalTable, column: str) -> str:
    """`whose` of a table whose column holds the id of a row of `parent`."""
    alias = parent.name.rpartition(".")[2]
    return (
        f"{{t}}.{column} IN (SELECT {alias}.id FROM {parent.name} AS {alias} WHERE {parent.of_person(alias)})"
    )


def runs_about(parent: PersonalTable) -> PersonalTable:
    """The calls to AI models that were made about rows of `parent`."""
    return PersonalTable("backbone.ai_runs", part_of(parent, "subject_id"))
