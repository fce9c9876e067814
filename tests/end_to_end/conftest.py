"""One whole stack for all end-to-end tests: Postgres, the sandbox and Airflow, in a fresh state folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollcall.stack.state import StateFolder
from rollcall.stack.up import Plan, Stack, remove_stack
from tests.end_to_end.stack_operator import CALENDLY_DAG, Operator

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that start stacks of their own come first: the shared one would take processor time from them."""
    places = [number for number, item in enumerate(items) if item.path.is_relative_to(_HERE)]
    ours = sorted((items[number] for number in places), key=_shares)
    for number, item in zip(places, ours, strict=True):
        items[number] = item


def _shares(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "stack" in item.fixturenames


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack whose connection `sandbox` and whose Calendly user are those of the sandbox's demo worlds.

    `.rest` talks to Airflow; `.record` has `dsn` (by role), `sandbox_url`, `calendly_url` and `airflow_url`.
    """
    folder = tmp_path_factory.mktemp("stack")
    demo = ("--profile", "demo")
    plan = Plan(airflow_port=0, postgres_port=0, sandbox_arguments=demo, calendly_arguments=demo)
    try:
        with Stack(StateFolder(folder), plan) as running:
            yield running
    finally:
        remove_stack(folder)


@pytest.fixture
def operator(stack: Stack) -> Iterator[Operator]:
    """An operator at a stack without faults and without an active run."""
    person = Operator(stack)
    yield person
    person.clear_up()


@pytest.fixture
def calendly(stack: Stack) -> Iterator[Operator]:
    """An operator of calendly_sync, whose Calendly has no faults and whose user has no active run."""
    person = Operator(stack, CALENDLY_DAG)
    yield person
    person.clear_up()
