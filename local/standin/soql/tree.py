"""What a parsed SOQL statement consists of."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Path:
    """`Contact.Owner.Name`; `at` is the character offset in the statement."""

    parts: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        """As written."""
        return ".".join(self.parts)


@dataclass(frozen=True)
class Call:
    """`COUNT(Id)`, `CALENDAR_YEAR(CreatedDate)`."""

    name: str
    operand: "Path | Call | None"
    at: int


Operand = Path | Call


@dataclass(frozen=True)
class Literal:
    """A value: kind is string, number, boolean, null, date, datetime or range."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Compared:
    """`operand operator literal`."""

    operand: Operand
    operator: str
    literal: Literal


@dataclass(frozen=True)
class Members:
    """`operand IN (...)`: literals or a sub-select. `mode` is in, not in, includes or excludes."""

    operand: Operand
    mode: str
    literals: tuple[Literal, ...] = ()
    query: "Query | None" = None


@dataclass(frozen=True)
class Logic:
    """AND, OR or NOT over terms."""

    operator: str
    terms: "tuple[Condition, ...]"


Condition = Compared | Members | Logic


@dataclass(frozen=True)
class Item:
    """One entry of the SELECT list."""

    value: "Operand | Query"
    alias: str | None = None


@dataclass(frozen=True)
class Ordering:
    """One entry of ORDER BY. Nulls come first unless `nulls_last`."""

    operand: Operand
    descending: bool = False
    nulls_last: bool = False


@dataclass
class Query:
    """A SELECT statement."""

    items: list[Item]
    source: Path
    alias: str | None = None
    scope: str | None = None
    where: Condition | None = None
    group: list[Operand] = field(default_factory=list)
    having: Condition | None = None
    order: list[Ordering] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0
