"""Writes docs/sql.md: what the database says of itself, with examples run on an invented account."""
