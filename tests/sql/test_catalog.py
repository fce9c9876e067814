"""The rules of the house for SQL, asked of the catalog: what the database holds, not what the files seem to say."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from rollcall.store.migration_files import function_files, read_text, trigger_files, view_files
from tests.sql.asking import names

# A pinned search_path stops inlining, and this one runs once a row; it names nothing outside pg_catalog.
UNPINNED = {"content_uuid"}

# Called by other functions, never from Python.
INTERNAL = {
    "attended_intervals",
    "bucket_seconds",
    "choose_queue_item",
    "clean_call_budgets",
    "clean_error_logs",
    "clean_participant_staging",
    "clean_person_staging",
    "clean_progress_updates",
    "clean_queue_items",
    "clean_runs",
    "clean_session_staging",
    "clean_test_results",
    "clean_webhook_events",
    "collect_sessions",
    "connected_components",
    "content_uuid",
    "count_people",
    "count_ended_run",
    "drop_merged_participants",
    "drop_staged_rows",
    "drop_statistics",
    "fill_statistics",
    "fill_webinar_statistics",
    "find_connections",
    "find_instance",
    "find_kept_items",
    "find_older_matches",
    "find_retention",
    "find_window_runs",
    "forget_attendance_pages",
    "forget_people_pages",
    "grade_webinar",
    "hold_item",
    "instance_statistics",
    "is_no_show_taken_back",
    "is_timezone",
    "judge_webinar",
    "link_people",
    "lock_people_reads",
    "lock_statistics",
    "make_self_test_instance",
    "mark_webinar_validity",
    "measure_instances",
    "measure_webinars",
    "note_instance_reads",
    "note_people_change",
    "note_people_matched",
    "open_self_test_run",
    "others_are_staging",
    "part_people",
    "people_are_awaited",
    "read_self_test_list",
    "refresh_batch_statistics",
    "run_end_key",
    "run_self_test_case",
    "self_test_cases",
    "take_batch",
    "tell_self_test",
    "total_people",
    "total_run",
    "try_late_writer",
    "try_odd_webinar",
    "try_refusal",
    "upsert_participants",
    "upsert_sessions",
    "webinar_statistics",
}

# What people and their tools call: no code of ours does.
FOR_PEOPLE = {
    "clean_old_webhook_events",
    "cleanup_old_sync_data",
    "generate_sync_report",
    "get_sync_summary",
    "instance_concurrency",
    "instance_retention",
    "refresh_statistics",
    "scheduled_cleanup",
    "sync_openmetrics",
    "validate_webinar_data",
}

WRITES = re.compile(
    r"\b(INSERT INTO|UPDATE|DELETE FROM|CREATE TEMPORARY|PERFORM|nextval|set_config"
    r"|hold_run|clean_\w+|\w+_self_test_\w+)\b"
)


def test_one_function_a_file_of_its_name(db: psycopg.Connection) -> None:
    for file in function_files():
        created = re.findall(r"^CREATE FUNCTION (\w+)\(", read_text(file), re.MULTILINE)
        assert created == [file.stem]
    in_catalog = db.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'rollcall'::regnamespace ORDER BY proname"
    ).fetchall()
    # A list, not a set: a name twice would be an overload.
    assert [name for (name,) in in_catalog] == sorted(file.stem for file in function_files())


def test_one_view_a_file_of_its_name(db: psycopg.Connection) -> None:
    in_catalog = names(
        db, "SELECT relname FROM pg_class WHERE relnamespace = 'rollcall'::regnamespace AND relkind = 'v'"
    )
    assert in_catalog == {file.stem for file in view_files()}


def test_every_function_pins_its_search_path(db: psycopg.Connection) -> None:
    unpinned = names(
        db,
        """
        SELECT proname FROM pg_proc
        WHERE pronamespace = 'rollcall'::regnamespace
            AND NOT 'search_path=rollcall, pg_temp' = ANY (coalesce(proconfig, '{}'))
        """,
    )
    assert unpinned == UNPINNED


def test_what_is_left_unpinned_is_inlined(db: psycopg.Connection) -> None:
    plan = db.execute("EXPLAIN (VERBOSE) SELECT content_uuid(message) FROM sync_runs").fetchall()
    assert "sha256" in str(plan)


def test_every_function_says_what_it_is_for(db: psycopg.Connection) -> None:
    assert not names(
        db,
        """
        SELECT proname FROM pg_proc
        WHERE pronamespace = 'rollcall'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
        """,
    )
    for file in function_files():
        assert read_text(file).startswith("-- "), f"{file.name} does not begin with why it is there"


def test_every_table_and_view_says_what_it_holds(db: psycopg.Connection) -> None:
    assert not names(
        db,
        """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'rollcall'::regnamespace AND relkind IN ('r', 'v', 'm')
            AND obj_description(oid, 'pg_class') IS NULL
        """,
    )


def test_nobody_but_our_roles_may_run_or_read_anything(db: psycopg.Connection) -> None:
    open_to_all = names(
        db,
        """
        SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        WHERE p.pronamespace = 'rollcall'::regnamespace AND a.grantee = 0
        UNION ALL
        SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'rollcall'::regnamespace AND a.grantee = 0
        UNION ALL
        SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'rollcall' AND a.grantee = 0
        """,
    )
    assert not open_to_all


def test_a_function_made_later_is_not_open_to_all_either(db: psycopg.Connection) -> None:
    db.execute("SET ROLE rollcall_owner")
    db.execute("CREATE FUNCTION rollcall.later() RETURNS void LANGUAGE sql AS ''")
    assert db.execute(
        "SELECT has_function_privilege('pg_monitor', 'rollcall.later()', 'EXECUTE')"
    ).fetchone() == (False,)


def test_arguments_cannot_be_taken_for_columns(db: psycopg.Connection) -> None:
    odd = db.execute(
        """
        SELECT p.proname, a.name
        FROM pg_proc p
        CROSS JOIN LATERAL unnest(p.proargnames) WITH ORDINALITY AS a (name, place)
        WHERE p.pronamespace = 'rollcall'::regnamespace
            AND coalesce(p.proargmodes[a.place] IN ('i', 'b', 'v'), true)
            AND a.name !~ '^p_'
        """
    ).fetchall()
    assert odd == []
    unnamed = names(
        db,
        """
        SELECT proname FROM pg_proc
        WHERE pronamespace = 'rollcall'::regnamespace AND pronargs > 0
            AND (proargnames IS NULL OR '' = ANY (proargnames))
        """,
    )
    assert not unnamed


def test_local_variables_begin_with_v() -> None:
    for file in function_files():
        declared = re.findall(r"DECLARE\n(.*?)\nBEGIN", read_text(file), re.DOTALL)
        for block in declared:
            for line in block.splitlines():
                assert re.match(r"    (v_\w+ |--| )", line), f"{file.name}: {line.strip()}"


def test_volatility_is_stated_and_true(db: psycopg.Connection) -> None:
    for file in function_files():
        text = read_text(file)
        assert re.search(r"^LANGUAGE (sql|plpgsql) (VOLATILE|STABLE|IMMUTABLE)", text, re.MULTILINE), (
            file.name
        )
    labelled = db.execute(
        "SELECT proname, provolatile, prosrc FROM pg_proc WHERE pronamespace = 'rollcall'::regnamespace"
    ).fetchall()
    for name, volatility, body in labelled:
        reads = " FROM " in body
        if WRITES.search(body):
            assert volatility == "v", f"{name} writes, so it is VOLATILE"
        elif reads:
            assert volatility == "s", f"{name} reads tables and writes none, so it is STABLE"


def test_every_body_still_compiles_against_the_tables(db: psycopg.Connection) -> None:
    db.execute("SET ROLE rollcall_owner")
    db.execute("SET search_path TO rollcall, pg_temp")
    bodies = db.execute(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'rollcall'::regnamespace"
        " AND prosrc NOT LIKE '%pg_temp.%'"
    ).fetchall()
    for (definition,) in bodies:
        db.execute(definition.encode())


def test_python_calls_all_functions_but_the_internal_ones(db: psycopg.Connection, repo: Path) -> None:
    in_catalog = names(db, "SELECT proname FROM pg_proc WHERE pronamespace = 'rollcall'::regnamespace")
    source = "".join(
        file.read_text(encoding="utf-8") for file in (repo / "plugins/rollcall/store").glob("*.py")
    )
    called = set(re.findall(r'"SELECT (?:[^"()]* FROM )?(\w+)\(', source)) & in_catalog
    assert called == in_catalog - INTERNAL - FOR_PEOPLE
    bodies = db.execute(
        "SELECT string_agg(prosrc, '') FROM pg_proc WHERE pronamespace = 'rollcall'::regnamespace"
    )
    text = str(bodies.fetchone()) + "".join(read_text(file) for file in [*view_files(), *trigger_files()])
    assert {name for name in INTERNAL if f"{name}(" in text} == INTERNAL, (
        "internal, but nothing of ours calls it"
    )
