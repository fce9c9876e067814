"""Reads one object of Calendly's field by field: whatever it holds gives values, and what is odd is marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rollcall.sources.calendly.redaction import without_secrets
from rollcall.sources.values import json_of, text_of

Record = dict[str, Any]
Reader = Callable[[Any], Any]
Fields = Mapping[str, tuple[str, Reader]]
"""By column: the field's name at Calendly, and how it is read."""


class Reading:
    """One object on its way to a record. Fields that can't be read are marked `<column>_unreadable` and, like those
    that nobody knows, stay in what `rest` gives. A field that is missing is None and no oddity: Calendly leaves out
    even what its documents call required (Calendly API reference, event types)."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._left = dict(given)
        self.record: Record = {}
        self.marks: list[str] = []

    def take(self, fields: Fields) -> None:
        """Read top-level fields."""
        self._read(self._left, fields)

    def take_inner(self, name: str, fields: Fields) -> None:
        """Read the fields of the object that stands at `name`."""
        inner = self._left.pop(name, None)
        if inner is not None and not isinstance(inner, dict):
            self._left[name] = inner
            self.marks.append(f"{name}_unreadable")
        rest = dict(inner) if isinstance(inner, dict) else {}
        self._read(rest, fields)
        if rest:
            self._left[name] = rest

    def drop(self, *names: str) -> None:
        """Leave out what stands in the record in another form, or must not be kept."""
        for name in names:
            self._left.pop(name, None)

    def finished(self) -> Record:
        """The record, with `other_fields` (jsonb, without secrets) and `marks` (text[]), None where there are none."""
        left = without_secrets({name: value for name, value in self._left.items() if value is not None})
        rest = json_of(left)
        if rest is None and left != {}:
            self.marks.append("other_fields_unreadable")
        return {**self.record, "other_fields": rest, "marks": sorted(set(self.marks)) or None}

    def _read(self, source: dict[str, Any], fields: Fields) -> None:
        for column, (name, read) in fields.items():
            value = source.get(name)
            found = read(value)
            self.record[column] = found
            if found is None and value not in (None, "", [], {}):
                self.marks.append(f"{column}_unreadable")
            else:
                source.pop(name, None)


def plain_text(value: Any) -> str | None:
    """Text, or a number as text; None for anything else and for none."""
    return text_of(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def one_of(*words: str) -> Reader:
    """Reads one of `words`, in any case; None for anything else."""
    return lambda value: value.lower() if isinstance(value, str) and value.lower() in words else None


def object_or_none(value: Any) -> Any:
    """A JSON object; None for anything else and for an empty one."""
    return json_of(value) if isinstance(value, dict) else None


def list_or_none(value: Any) -> Any:
    """A JSON list, which may be empty; None for anything else."""
    return (json_of(value) or ([] if not value else None)) if isinstance(value, list) else None
