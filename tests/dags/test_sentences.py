"""What leaves a task is a sentence: no trace, and none of the words of a database that quotes rows."""

from __future__ import annotations

import traceback

import psycopg
import pytest

from rollcall.errors import DatabaseRefused, NetworkFault, UnknownConnection


def deep_down(error: Exception) -> None:
    raise error from OSError("reset by peer")


def test_an_error_leaves_the_task_as_it_is_without_its_trace() -> None:
    from rollcall.airflow.task_rules import as_sentences

    cut = NetworkFault("No answer from Zoom.", status=502)
    with pytest.raises(NetworkFault) as left, as_sentences():
        deep_down(cut)
    assert left.value is cut
    shown = "".join(traceback.format_exception(left.value))
    assert "deep_down" not in shown
    assert "reset by peer" not in shown


def test_wrong_use_is_not_tried_again() -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.task_rules import as_sentences

    with pytest.raises(AirflowFailException, match=r"^There is no connection\.$"), as_sentences():
        deep_down(UnknownConnection("There is no connection."))


def test_a_row_that_postgres_quotes_goes_nowhere(dsn: str) -> None:
    from rollcall.airflow.task_rules import as_sentences

    with psycopg.connect(dsn) as conn:
        conn.execute("CREATE TEMPORARY TABLE person (email text CHECK (email <> 'ada@example.com'))")
        with pytest.raises(DatabaseRefused, match="CheckViolation") as left, as_sentences():
            conn.execute("INSERT INTO person VALUES ('ada@example.com')")
        conn.rollback()
    assert "ada@example.com" not in "".join(traceback.format_exception(left.value))


def test_what_is_none_of_ours_passes_as_it_is() -> None:
    from rollcall.airflow.task_rules import as_sentences

    with pytest.raises(KeyError), as_sentences():
        deep_down(KeyError("x"))
