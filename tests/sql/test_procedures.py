"""Stored procedures: what PL/pgSQL does on Redshift, by the pages of its developer guide."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.sql.errors import LockUnavailable, NotSupported, SqlError

# 2024-01-09T10:00:00Z
NOW_MS = 1_704_794_400_000


def procedure(body: str, arguments: str = "", options: str = "") -> str:
    return f"CREATE OR REPLACE PROCEDURE p({arguments}) {options} AS $$ {body} $$ LANGUAGE plpgsql"


def refused(desk: Any, *statements: str, **options: Any) -> str:
    with pytest.raises(SqlError) as caught:
        desk.run(*statements, **options)
    return caught.value.message


@pytest.fixture
def logged(desk: Any) -> Any:
    desk.run("CREATE TABLE log (n int, word varchar(100))")
    return desk


def rows(desk: Any) -> list[Any]:
    return desk.rows("SELECT n, word FROM log ORDER BY n, word")


def test_the_guides_example_with_in_inout_and_out(desk: Any) -> None:
    desk.run("""
        CREATE OR REPLACE PROCEDURE test_sp2(
          f1 IN int, f2 INOUT varchar(256), out_var OUT varchar(256))
        AS $$
        DECLARE
          loop_var int;
        BEGIN
          IF f1 is null OR f2 is null THEN
            RAISE EXCEPTION 'input cannot be null';
          END IF;
          DROP TABLE if exists my_etl;
          CREATE TEMP TABLE my_etl(a int, b varchar);
            FOR loop_var IN 1..f1 LOOP
                insert into my_etl values (loop_var, f2);
                f2 := f2 || '+' || f2;
            END LOOP;
          SELECT INTO out_var count(*) from my_etl;
        END;
        $$ LANGUAGE plpgsql;
    """)
    outcome = desk.run("CALL test_sp2(2, '2019')")
    # "CALL": f2 is 2019+2019+2019+2019, column2 is 2
    assert outcome.rows == (("2019+2019+2019+2019", "2"),)
    assert [one.name for one in outcome.columns] == ["f2", "out_var"]
    assert refused(desk, "CALL test_sp2(NULL, 'x')") == "ERROR: input cannot be null"


def test_conditions_and_loops(logged: Any) -> None:
    logged.run(
        procedure("""
        DECLARE i int := 0; total numeric(10,2) = 0;
        BEGIN
          WHILE i < 3 LOOP
            i := i + 1;
            CONTINUE WHEN i = 2;
            INSERT INTO log VALUES (i, 'while');
          END LOOP;
          FOR i IN REVERSE 3..2 LOOP INSERT INTO log VALUES (i, 'reverse'); END LOOP;
          <<outer_loop>>
          LOOP
            LOOP
              total := total + 1.5;
              EXIT outer_loop WHEN total > 2;
            END LOOP;
          END LOOP outer_loop;
          IF total = 3 THEN INSERT INTO log VALUES (30, total);
          ELSIF total = 4 THEN NULL;
          ELSE INSERT INTO log VALUES (31, 'else'); END IF;
          CASE i WHEN 1, 2 THEN INSERT INTO log VALUES (40, 'no');
                 WHEN 3 THEN INSERT INTO log VALUES (41, 'case'); END CASE;
          CASE WHEN i > 5 THEN NULL; ELSE INSERT INTO log VALUES (42, 'searched'); END CASE;
          INSERT INTO log VALUES (i, CASE WHEN i = 3 THEN 'i is its own again' ELSE 'x' END);
        END;""")
    )
    logged.run("CALL p()")
    assert rows(logged) == [
        (1, "while"), (2, "reverse"), (3, "i is its own again"), (3, "reverse"), (3, "while"),
        (30, "3.00"), (41, "case"), (42, "searched"),
    ]  # fmt: skip


def test_a_case_that_matches_nothing_is_an_error(desk: Any) -> None:
    desk.run(procedure("BEGIN CASE 3 WHEN 1 THEN NULL; END CASE; END;"))
    assert refused(desk, "CALL p()") == "ERROR: case not found"


def test_rows_of_a_query_and_of_dynamic_sql(logged: Any) -> None:
    logged.run("CREATE TABLE src (a int, b varchar(10))", "INSERT INTO src VALUES (1,'x'),(2,'y')")
    logged.run(
        procedure("""
        DECLARE rec record; name varchar := 'src';
        BEGIN
          FOR rec IN SELECT a, b FROM src ORDER BY a LOOP
            INSERT INTO log VALUES (rec.a, rec.b);
          END LOOP;
          FOR rec IN EXECUTE 'SELECT a + 10 AS a FROM ' || quote_ident(name) || ' ORDER BY 1' LOOP
            INSERT INTO log VALUES (rec.a, 'dynamic');
          END LOOP;
          EXECUTE 'DELETE FROM src WHERE b = ' || quote_literal('x');
          EXECUTE 'SELECT count(*) AS n FROM src' INTO rec;
          INSERT INTO log VALUES (rec.n, 'left');
        END;""")
    )
    logged.run("CALL p()")
    assert rows(logged) == [(1, "left"), (1, "x"), (2, "y"), (11, "dynamic"), (12, "dynamic")]


def test_select_into_found_and_row_count(logged: Any) -> None:
    logged.run(
        procedure("""
        DECLARE v_n int; v_w varchar(10); changed bigint;
        BEGIN
          INSERT INTO log VALUES (1, 'a'), (2, 'b');
          GET DIAGNOSTICS changed := ROW_COUNT;
          SELECT n, word INTO v_n, v_w FROM log WHERE n = 2;
          IF FOUND THEN INSERT INTO log VALUES (changed, v_w || v_n); END IF;
          SELECT INTO v_n n FROM log WHERE n = 99;
          IF NOT FOUND AND v_n IS NULL THEN INSERT INTO log VALUES (99, 'none'); END IF;
          UPDATE log SET word = v_w WHERE n = 1;
          PERFORM word FROM log;
        END;""")
    )
    logged.run("CALL p()")
    assert rows(logged) == [(1, "b"), (2, "b"), (2, "b2"), (99, "none")]


def test_redshifts_ddl_inside_a_procedure(logged: Any) -> None:
    logged.run(
        procedure(
            """
        BEGIN
          DROP TABLE IF EXISTS made;
          CREATE TABLE made DISTKEY (n) SORTKEY (n) AS SELECT lowest AS n, 'x'::varchar(3) AS w;
          CREATE TEMP TABLE #staging (a int ENCODE az64) DISTSTYLE ALL;
          INSERT INTO #staging VALUES (lowest);
          INSERT INTO log SELECT a, 'staged' FROM #staging WHERE a = lowest;
          ANALYZE made;
          GRANT SELECT ON made TO analyst;
        END;""",
            "lowest int",
        )
    )
    logged.run("CALL p(7)")
    assert rows(logged) == [(7, "staged")]
    assert logged.rows("SELECT n, w FROM made", user="analyst") == [(7, "x")]


def test_a_failing_procedure_leaves_nothing(logged: Any) -> None:
    logged.run(procedure("BEGIN INSERT INTO log VALUES (1, 'x'); PERFORM 1/0; END;"))
    assert refused(logged, "CALL p()") == "ERROR: Divide by zero"
    assert rows(logged) == []


def test_the_handler_runs_in_a_new_transaction_and_the_error_goes_on(desk: Any) -> None:
    # The example of "Trapping errors".
    desk.run(
        "CREATE TABLE employee (firstname varchar, lastname varchar)",
        "INSERT INTO employee VALUES ('Tomas','Smith')",
        "CREATE TABLE employee_error_log (message varchar)",
        """CREATE OR REPLACE PROCEDURE update_employee_sp() AS
        $$
        BEGIN
            UPDATE employee SET firstname = 'Adam' WHERE lastname = 'Smith';
            EXECUTE 'select invalid';
        EXCEPTION WHEN OTHERS THEN
            RAISE INFO 'An exception occurred.';
            INSERT INTO employee_error_log VALUES ('Error message: ' || SQLERRM);
        END;
        $$
        LANGUAGE plpgsql""",
    )
    assert refused(desk, "CALL update_employee_sp()") == 'ERROR: column "invalid" does not exist'
    assert desk.rows("SELECT * from employee") == [("Tomas", "Smith")]
    assert desk.rows("SELECT * from employee_error_log") == [
        ('Error message: column "invalid" does not exist',)
    ]


def test_a_nonatomic_procedure_commits_each_statement_and_keeps_a_handled_error(
    logged: Any,
) -> None:
    logged.run(
        procedure(
            """
        BEGIN
          INSERT INTO log VALUES (1, 'committed');
          EXECUTE 'select invalid';
        EXCEPTION WHEN OTHERS THEN
          INSERT INTO log VALUES (2, SQLERRM);
        END;""",
            options="NONATOMIC",
        )
    )
    logged.run("CALL p()")
    assert rows(logged) == [(1, "committed"), (2, 'column "invalid" does not exist')]


def test_raise_alone_throws_what_was_caught(logged: Any) -> None:
    logged.run(
        procedure(
            """
        DECLARE seven int := 7;
        BEGIN
          INSERT INTO log VALUES (1, 'committed');
          RAISE EXCEPTION 'broken %', seven;
        EXCEPTION WHEN OTHERS THEN
          INSERT INTO log VALUES (2, SQLERRM);
          RAISE;
        END;""",
            options="NONATOMIC",
        )
    )
    assert refused(logged, "CALL p()") == "ERROR: broken 7"
    assert rows(logged) == [(1, "committed"), (2, "broken 7")]


def test_commit_and_rollback_inside(logged: Any) -> None:
    logged.run(
        procedure(
            """
        DECLARE sum_vals int;
        BEGIN
          INSERT INTO log VALUES (a, 'a');
          COMMIT;
          INSERT INTO log VALUES (9, 'undone');
          SELECT sum(n) into sum_vals from log;
          IF sum_vals > 2 THEN ROLLBACK; END IF;
          INSERT INTO log VALUES (b, 'b');
          RAISE EXCEPTION 'after';
        END;""",
            "a int, b int",
        )
    )
    assert refused(logged, "CALL p(1, 2)") == "ERROR: after"
    assert rows(logged) == [(1, "a")]


def test_commit_is_refused_in_an_explicit_transaction(logged: Any) -> None:
    logged.run(procedure("BEGIN TRUNCATE log; END;"))
    logged.run("INSERT INTO log VALUES (1, 'x')")
    # The example of "Managing transactions".
    assert refused(logged, "BEGIN", "CALL p()") == (
        "ERROR: TRUNCATE cannot be invoked from a procedure that is executing in an atomic context."
    )
    logged.run("CALL p()")
    assert rows(logged) == []


def test_truncate_inside_commits_what_came_before(logged: Any) -> None:
    logged.run("CREATE TABLE b (x int)", "INSERT INTO b VALUES (1)")
    logged.run(
        procedure("""
        BEGIN
          INSERT INTO log VALUES (1, 'x');
          TRUNCATE b;
          INSERT INTO log VALUES (2, 'y');
          PERFORM 1/0;
        END;""")
    )
    refused(logged, "CALL p()")
    assert rows(logged) == [(1, "x")]
    assert logged.rows("SELECT * FROM b") == []


def test_cursors(logged: Any) -> None:
    logged.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2), (3)")
    logged.run(
        procedure("""
        DECLARE
          rec RECORD;
          bound CURSOR (lowest int) FOR SELECT a FROM t WHERE a > lowest ORDER BY 1;
          free refcursor;
          v int;
        BEGIN
          OPEN bound (1);
          LOOP
            FETCH bound INTO rec;
            EXIT WHEN NOT FOUND;
            INSERT INTO log VALUES (rec.a, 'bound');
          END LOOP;
          CLOSE bound;
          OPEN free FOR EXECUTE 'SELECT max(a) FROM t';
          FETCH free INTO v;
          INSERT INTO log VALUES (v, 'free');
          CLOSE free;
        END;""")
    )
    logged.run("CALL p()")
    assert rows(logged) == [(2, "bound"), (3, "bound"), (3, "free")]


def test_truncate_closes_open_cursors(logged: Any) -> None:
    logged.run(
        "CREATE TABLE b (x int)",
        procedure("""
        DECLARE rec RECORD; cur1 cursor for select * from log order by 1;
        BEGIN
          open cur1;
          TRUNCATE table b;
          fetch cur1 into rec;
        END"""),
    )
    assert refused(logged, "CALL p()") == 'ERROR: cursor "cur1" does not exist'


def test_a_refcursor_is_fetched_by_the_caller(logged: Any) -> None:
    # "Returning a result set" by a cursor, in one transaction.
    logged.run("INSERT INTO log VALUES (1, 'x'), (2, 'y')")
    logged.run("""
        CREATE OR REPLACE PROCEDURE get_result_set (param IN integer, rs_out INOUT refcursor)
        AS $$
        BEGIN
          OPEN rs_out FOR SELECT * FROM log where n >= param;
        END;
        $$ LANGUAGE plpgsql""")
    outcome = logged.run("BEGIN", "CALL get_result_set(1, 'mycursor')", "FETCH ALL FROM mycursor")
    assert sorted(outcome.rows) == [(1, "x"), (2, "y")]
    outcome = logged.run(
        "DECLARE c CURSOR FOR SELECT n FROM log ORDER BY n",
        "FETCH FORWARD 1 FROM c",
        "FETCH NEXT FROM c",
    )
    assert outcome.rows == ((2,),)


def test_nested_calls_pass_inout_values(logged: Any) -> None:
    logged.run(
        "CREATE PROCEDURE inner_p(INOUT a int, b int)"
        " AS $$ BEGIN a := a * b; END $$ LANGUAGE plpgsql",
        procedure("""DECLARE x int := 6;
                     BEGIN CALL inner_p(x, 7); INSERT INTO log VALUES (x, 'answer'); END;"""),
    )
    logged.run("CALL p()")
    assert rows(logged) == [(42, "answer")]


def test_overloads_are_told_apart_by_their_arguments(logged: Any) -> None:
    for kind in ("int", "varchar(10)"):
        logged.run(procedure(f"BEGIN INSERT INTO log VALUES (1, '{kind}'); END;", f"a {kind}"))
    logged.run("CALL p('x'::varchar)", "CALL p(5)")
    assert rows(logged) == [(1, "int"), (1, "varchar(10)")]
    assert refused(logged, "CALL p()") == "ERROR: procedure p() does not exist"
    logged.run("DROP PROCEDURE p(int)", "DROP PROCEDURE IF EXISTS p(varchar)")
    assert "does not exist" in refused(logged, "CALL p(5)")


def test_only_the_owner_runs_a_procedure_until_it_is_granted(logged: Any) -> None:
    logged.run(procedure("BEGIN INSERT INTO log VALUES (1, 'x'); END;", options="SECURITY DEFINER"))
    assert refused(logged, "CALL p()", user="analyst") == (
        "ERROR: permission denied for procedure p"
    )
    logged.run("GRANT EXECUTE ON PROCEDURE p() TO analyst")
    logged.run("CALL p()", user="analyst")
    assert rows(logged) == [(1, "x")]
    # a procedure has its caller's rights unless it says otherwise
    logged.run("DROP PROCEDURE p()", procedure("BEGIN INSERT INTO log VALUES (2, 'y'); END;"),
               "GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA public TO analyst")  # fmt: skip
    assert (
        refused(logged, "CALL p()", user="analyst") == "ERROR: permission denied for relation log"
    )


def test_types_of_variables(logged: Any) -> None:
    logged.run(
        procedure("""
        DECLARE v log.word%TYPE; r log%ROWTYPE; c CONSTANT int := 5; s varchar(3); d date;
        BEGIN
          v := 'typed'; r.n := 3.6; d := '2024-02-28';
          INSERT INTO log VALUES (r.n, v);
          INSERT INTO log VALUES (c, dateadd(day, 2, d)::date);
          s := 'four';
        END;""")
    )
    assert refused(logged, "CALL p()") == ("ERROR: value too long for type character varying(3)")
    logged.run(
        procedure("""
        DECLARE c CONSTANT int := 5; BEGIN c := 6; END;""")
    )
    assert refused(logged, "CALL p()") == 'ERROR: "c" is declared CONSTANT'


def test_a_procedure_in_a_schema_and_positional_arguments(logged: Any) -> None:
    logged.run(
        "CREATE SCHEMA s",
        """
        CREATE PROCEDURE s.p(int, varchar(20)) AS $$
        DECLARE word ALIAS FOR $2;
        BEGIN INSERT INTO log VALUES ($1, word); END;
        $$ LANGUAGE plpgsql""",
    )
    logged.run("CALL s.p(4, 'alias')")
    assert rows(logged) == [(4, "alias")]
    logged.run("ALTER PROCEDURE s.p(int, varchar) RENAME TO q", "CALL s.q(5, 'x')")


def test_a_call_waits_for_a_lock_where_it_stands(logged: Any) -> None:
    logged.run("CREATE TABLE t (a int)")
    logged.run(procedure("BEGIN INSERT INTO log VALUES (1, 'x'); INSERT INTO t VALUES (2); END;"))
    holder = logged.warehouse.begin("dev", "awsuser", now_ms=NOW_MS)
    holder.execute("INSERT INTO t VALUES (1)", None, now_ms=NOW_MS)
    caller = logged.warehouse.begin("dev", "awsuser", now_ms=NOW_MS)
    for _attempt in range(2):
        with pytest.raises(LockUnavailable) as caught:
            caller.execute("CALL p()", None, now_ms=NOW_MS)
        assert caught.value.holders == (holder,)
    holder.commit()
    caller.execute("CALL p()", None, now_ms=NOW_MS + 1000)
    caller.commit()
    # what came before the wait happened once
    assert rows(logged) == [(1, "x")]
    assert logged.rows("SELECT a FROM t ORDER BY a") == [(1,), (2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE FUNCTION f(a int) RETURNS int IMMUTABLE AS $$ return 1 $$ LANGUAGE plpythonu",
        "CREATE EXTERNAL FUNCTION f(int) RETURNS int STABLE LAMBDA 'x' IAM_ROLE default",
    ],
)
def test_other_languages_are_refused_by_name(desk: Any, statement: str) -> None:
    with pytest.raises((NotSupported, SqlError)):
        desk.run(statement)


def test_an_exit_without_a_loop_gives_the_callers_rights_back(logged: Any) -> None:
    logged.run("CREATE USER bob PASSWORD 'Secret12'")
    logged.run("CREATE TABLE seen (who varchar(100))", "GRANT INSERT ON seen TO bob")
    logged.run(
        "CREATE PROCEDURE inner_p() SECURITY DEFINER AS $$ BEGIN EXIT; END; $$ LANGUAGE plpgsql"
    )
    logged.run("GRANT EXECUTE ON PROCEDURE inner_p() TO bob")
    logged.run(
        procedure(
            "BEGIN CALL inner_p(); EXCEPTION WHEN OTHERS THEN"
            " INSERT INTO seen VALUES (current_user || ': ' || sqlerrm); END;"
        ),
        "GRANT EXECUTE ON PROCEDURE p() TO bob",
    )
    assert refused(logged, "CALL p()", user="bob") == "ERROR: EXIT cannot be used outside a loop"
    assert logged.rows("SELECT who FROM seen") == [("bob: EXIT cannot be used outside a loop",)]


def test_sixteen_procedures_nest_and_a_handled_seventeenth_leaves_all_of_them_free(
    logged: Any,
) -> None:
    logged.run(
        "CREATE PROCEDURE deeper(n int) NONATOMIC AS $$ BEGIN INSERT INTO log VALUES (n, '');"
        " CALL deeper(n + 1); END; $$ LANGUAGE plpgsql"
    )
    logged.run(
        procedure(
            "BEGIN FOR turn IN 1..2 LOOP BEGIN CALL deeper(2); EXCEPTION WHEN OTHERS THEN"
            " INSERT INTO log VALUES (100, sqlerrm); END; END LOOP; END;",
            options="NONATOMIC",
        )
    )
    logged.run("CALL p()")
    refusal = (100, "stored procedure nesting limit of 16 exceeded")
    assert rows(logged) == [(n, "") for n in range(2, 17) for _ in range(2)] + [refusal] * 2


def test_select_into_table_makes_a_table(desk: Any) -> None:
    """Only a variable is assigned: what follows INTO there can be none."""
    desk.run(
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ DECLARE n int; BEGIN"
        " SELECT 1 AS a, 'x'::varchar(5) AS b INTO TABLE made;"
        " SELECT a + 1 AS a INTO TEMP TABLE passing FROM made;"
        " SELECT a INTO n FROM passing; INSERT INTO made VALUES (n, 'y'); END $$",
        "CALL p()",
    )
    assert desk.rows("SELECT a, b FROM made ORDER BY a") == [(1, "x"), (2, "y")]
