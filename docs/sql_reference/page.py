"""docs/sql.md from a database that holds the example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg

from docs.sql_reference.asking import ask
from docs.sql_reference.catalog import Function, Relation, functions, relations
from docs.sql_reference.clock import without_clock
from docs.sql_reference.example import NOW
from docs.sql_reference.questions import GROUPS, group_of, question_for

_HEAD = f"""\
# What to ask the database

Written by `make docs` from the database's own comments; don't edit it here. Connect as the role that is named with each
entry ([how](runbook.md)); `rollcall_writer` may use all of them. The examples were asked on a small invented account at
{NOW}, which is what `now()` means in them; ∅ stands for null.
"""


def page(dsn: str) -> str:
    """The page's whole text. `dsn` is the superuser's address of a database that `example.tell` filled."""
    with psycopg.connect(dsn) as conn:
        things: list[Function | Relation] = [*functions(conn), *relations(conn)]
    sections = [_HEAD]
    for group in GROUPS:
        members = [thing for thing in things if not _is_table(thing) and group_of(thing) == group]
        sections.append(f"## {group}\n")
        sections += [_section(dsn, member) for member in members]
    sections.append("## Tables\n\nWhat they hold, and the columns that somebody but the writer may read.\n")
    sections += ["\n".join(_description(thing)) for thing in things if _is_table(thing)]
    return without_clock("\n".join(sections))


def _is_table(thing: Function | Relation) -> bool:
    return isinstance(thing, Relation) and not thing.is_view


def _section(dsn: str, thing: Function | Relation) -> str:
    question = question_for(thing)
    return "\n".join(
        [
            *_description(thing),
            *("```sql", question.query, "```", ""),
            *("```text", ask(dsn, thing.roles, question, NOW), "```", ""),
        ]
    )


def _description(thing: Function | Relation) -> Iterator[str]:
    yield from (f"### {thing.name}", "", thing.comment.replace("\n", "\n\n"), "")
    if isinstance(thing, Function):
        yield f"- Call: `{thing.name}({thing.arguments})`"
        yield f"- Gives: `{thing.result}`"
    yield f"- For: {_named(thing.roles)}"
    yield ""
    if isinstance(thing, Relation):
        yield from ("| column | type | meaning |", "|---|---|---|")
        for column in thing.columns:
            yield f"| `{column.name}` | {column.type} | {_in_cell(column.meaning)} |"
        yield ""


def _named(roles: Sequence[str]) -> str:
    return ", ".join(f"`{role}`" for role in roles)


def _in_cell(text: str) -> str:
    """Text that may stand between the bars of a table."""
    return text.replace("|", "\\|").replace("\n", " ")
