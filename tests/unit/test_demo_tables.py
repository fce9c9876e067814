"""The tables that the demo prints: hostile names, and the header of a report file."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rollcall.stack.demo_report import compare_with_header
from rollcall.stack.report_tables import short, titled_table


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (r"Ann \[/] B", r"Ann \[/] B"),
        ("[bold]Ann[/]", "[bold]Ann[/]"),
        ("Ann\x00\n", "Ann\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        ("x" * 99, "x" * 27 + "…"),
        (None, "(no name)"),
    ],
)
def test_no_name_breaks_the_tables_of_the_demo(name: str | None, shown: str) -> None:
    output = io.StringIO()
    table = titled_table("Who rejoined most", "Person", "Webinar")
    table.add_row(short(name, 28), "")
    Console(file=output, width=100).print(table)
    assert f" {shown} " in output.getvalue()


def test_the_header_of_a_file_is_compared_number_by_number() -> None:
    ours = {"registered": 461, "unique_viewers": 446, "sessions": 992, "duration_minutes": 548}
    header = {"registered": 461, "unique_viewers": 446, "total_users": 991, "duration_minutes": None}
    verdicts = {line.name: line.verdict for line in compare_with_header(ours, header)}
    assert verdicts["Unique viewers"] == "agrees"
    assert verdicts["Total users"].startswith("differs: Zoom counts joins here")
    assert verdicts["Duration (min)"] == "the header doesn't say"
