"""`python -m docs.sql_reference` writes docs/sql.md anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg

from docs.sql_reference.clock import migrate_with_clock
from docs.sql_reference.example import tell
from docs.sql_reference.page import page
from rollcall.stack.postgres import Postgres

PAGE = Path(__file__).resolve().parents[1] / "sql.md"


def write_reference(server: Postgres, folder: Path, database: str = "sql_reference") -> str:
    """The page as the code has it now, asked of a new database on `server`; `folder` is for working files."""
    dsn = server.create_database(database)
    try:
        migrate_with_clock(dsn, folder)
        with psycopg.connect(f"{dsn}?options=-csearch_path%3Drollcall,public", autocommit=True) as conn:
            tell(conn)
            conn.execute("ANALYZE")
        return page(dsn)
    finally:
        server.drop_database(database)


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder) / "postgres", preferred_port=0)
        try:
            server.start()
            text = write_reference(server, Path(folder))
        finally:
            server.remove()
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
