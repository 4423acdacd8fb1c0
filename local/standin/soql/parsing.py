"""Parses SOQL text; what cannot be parsed is refused as Salesforce refuses it."""

from pathlib import Path as FilePath
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from ..errors import ApiError
from .tree import Call, Compared, Item, Literal, Logic, Members, Ordering, Path, Query

MAX_STATEMENT = 100_000
MAX_LITERAL = 4_000


class _Builder(Transformer[Token, Any]):
    """Builds the tree while the parser runs."""

    def start(self, parts: list[Any]) -> Query:
        return parts[0]  # type: ignore[no-any-return]  # lark hands over untyped children

    def query(self, parts: list[Any]) -> Query:
        query = Query(items=parts[0], source=parts[1][0], alias=parts[1][1])
        for name, value in parts[2:]:
            if name is not None:
                setattr(query, name, value)
        return query

    def items(self, parts: list[Any]) -> list[Item]:
        return parts

    def nested(self, parts: list[Any]) -> Item:
        return Item(parts[0])

    def called(self, parts: list[Any]) -> Item:
        return Item(parts[0], str(parts[1]) if len(parts) > 1 else None)

    picked = called

    def call(self, parts: list[Any]) -> Call:
        return Call(str(parts[0]).upper(), parts[1] if len(parts) > 1 else None, parts[0].start_pos)

    def path(self, parts: list[Any]) -> Path:
        return Path(tuple(str(part) for part in parts), parts[0].start_pos)

    def source(self, parts: list[Any]) -> tuple[Path, str | None]:
        return parts[0], str(parts[1]) if len(parts) > 1 else None

    def using(self, parts: list[Any]) -> tuple[str, str]:
        return "scope", str(parts[0]).lower()

    def where(self, parts: list[Any]) -> tuple[str, Any]:
        return "where", parts[0]

    def ignored(self, _parts: list[Any]) -> tuple[None, None]:
        return None, None

    def group(self, parts: list[Any]) -> tuple[str, Any]:
        return "group", parts

    def having(self, parts: list[Any]) -> tuple[str, Any]:
        return "having", parts[0]

    def order(self, parts: list[Any]) -> tuple[str, Any]:
        return "order", parts

    def ordering(self, parts: list[Any]) -> Ordering:
        words = [str(part).upper() for part in parts[1:]]
        return Ordering(parts[0], "DESC" in words, "LAST" in words)

    def nulls(self, parts: list[Any]) -> Token:
        return parts[0]  # type: ignore[no-any-return]  # lark hands over untyped children

    def limit(self, parts: list[Any]) -> tuple[str, int]:
        return "limit", int(parts[0])

    def offset(self, parts: list[Any]) -> tuple[str, int]:
        return "offset", int(parts[0])

    def all_of(self, parts: list[Any]) -> Logic:
        return Logic("AND", tuple(parts))

    def any_of(self, parts: list[Any]) -> Logic:
        return Logic("OR", tuple(parts))

    def negation(self, parts: list[Any]) -> Logic:
        return Logic("NOT", (parts[0],))

    def compared(self, parts: list[Any]) -> Compared:
        return Compared(parts[0], str(parts[1]), parts[2])

    def like(self, parts: list[Any]) -> Compared:
        return Compared(parts[0], "LIKE", parts[1])

    def inside(self, parts: list[Any]) -> Members:
        return _members(parts[0], "in", parts[1])

    def outside(self, parts: list[Any]) -> Members:
        return _members(parts[0], "not in", parts[1])

    def selected(self, parts: list[Any]) -> Members:
        return _members(parts[0], str(parts[1]).lower(), parts[2])

    def subquery(self, parts: list[Any]) -> Query:
        return parts[0]  # type: ignore[no-any-return]  # lark hands over untyped children

    def literals(self, parts: list[Any]) -> tuple[Literal, ...]:
        return tuple(parts)

    def literal_string(self, parts: list[Any]) -> Literal:
        return Literal("string", str(parts[0])[1:-1], parts[0].start_pos)


def _kind(kind: str) -> Any:
    def build(_: _Builder, parts: list[Any]) -> Literal:
        return Literal(kind, str(parts[0]), parts[0].start_pos)

    return build


for _name in ("datetime", "date", "number", "boolean", "null", "range"):
    setattr(_Builder, f"literal_{_name}", _kind(_name))


def _members(operand: Any, mode: str, members: Any) -> Members:
    if isinstance(members, Query):
        return Members(operand, mode, query=members)
    return Members(operand, mode, literals=members)


_PARSER = Lark(
    (FilePath(__file__).parent / "grammar.lark").read_text(),
    parser="lalr",
    transformer=_Builder(),
)


def parse(statement: str) -> Query:
    """The statement's tree, or MALFORMED_QUERY saying where reading stopped."""
    if len(statement) > MAX_STATEMENT:
        raise ApiError(
            "MALFORMED_QUERY", f"SOQL statements can't be longer than {MAX_STATEMENT} characters"
        )
    if not statement.strip():
        raise ApiError("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
    try:
        return _PARSER.parse(statement)  # type: ignore[return-value]  # the transformer's result
    except UnexpectedInput as stop:
        raise malformed(statement, stop) from None


def malformed(statement: str, stop: UnexpectedInput) -> ApiError:
    """MALFORMED_QUERY with the place the parser stopped at."""
    if isinstance(stop, UnexpectedToken) and stop.token.type == "$END":
        return ApiError("MALFORMED_QUERY", "unexpected token: '<EOF>'")
    at = int(stop.pos_in_stream)  # type: ignore[call-overload]  # lark declares None alone
    token = str(stop.token) if isinstance(stop, UnexpectedToken) else statement[at : at + 1]
    if isinstance(stop, UnexpectedCharacters):
        word = statement[at:].split(maxsplit=1)
        token = word[0] if word else token
    return located("MALFORMED_QUERY", statement, at, f"unexpected token: '{token}'")


def located(code: str, statement: str, at: int, message: str) -> ApiError:
    """An error that shows the place in the statement, as every SOQL refusal does."""
    begin = max(0, at - 40)
    before = statement[:at]
    row = before.count("\n") + 1
    column = at - (before.rfind("\n") + 1) + 1
    excerpt = statement[begin : at + 40].replace("\n", " ")
    text = f"\n{excerpt}\n{' ' * (at - begin)}^\nERROR at Row:{row}:Column:{column}\n{message}"
    return ApiError(code, text)
