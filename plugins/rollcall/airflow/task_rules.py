"""What holds for the tasks of every Dag: a person starts it with params that it has, its errors are sentences, its last
task knows who failed.

Errors of rollcall end a task with their sentence alone: a trace would say less, and could say too much.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import psycopg
from airflow.sdk.exceptions import AirflowFailException

from rollcall.errors import DatabaseRefused, RollcallError, WrongUse

log = logging.getLogger(__name__)

Context = Mapping[str, Any]


def check_trigger(context: Context, what: str, known: Collection[str]) -> None:
    """Raise WrongUse unless a person started the Airflow run, with params that are all `known` by name: Airflow hands
    on the others, too. `what`: what such runs are called, in plural.
    """
    run_type = context["dag_run"].run_type
    kind = str(getattr(run_type, "value", run_type))
    if kind != "manual":
        raise WrongUse(
            f"This run was started by {kind}: {what} are started by a person, in Airflow or over REST."
        )
    unknown = sorted(set(context["params"]) - set(known))
    if unknown:
        raise WrongUse(f"Unknown params: {', '.join(unknown)}. {what.capitalize()} take {', '.join(known)}.")


def failed_task(context: Context) -> str | None:
    """Id of the task of this Airflow run that failed, the cause before those that never began; None if none did."""
    ti, run_id = context["ti"], context["dag_run"].run_id
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[run_id]).get(run_id, {})
    failed = [name for name, state in states.items() if str(state) in ("failed", "upstream_failed")]
    causes = [name for name in failed if str(states[name]) == "failed"] or failed
    return causes[0] if causes else None


def as_sentences() -> AbstractContextManager[None]:
    """Let errors of rollcall and of its database leave the task as the sentence that they are."""
    return _Sentences()


class _Sentences(AbstractContextManager[None]):
    # Not made of a generator: contextlib gives an error that passes through one its trace back.

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, WrongUse):
            log.error("%s", error)
            raise AirflowFailException(str(error)) from None
        if isinstance(error, psycopg.Error):
            error = DatabaseRefused(
                f"The data database broke off ({type(error).__name__}): its own log says why. If it was just "
                "restarted, there is nothing to do: the task is tried again."
            )
        if isinstance(error, RollcallError):
            log.error("%s", error)
            raise error.with_traceback(None) from None
