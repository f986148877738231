"""What the Data API answers while a cluster is paused, rebooting, resizing, or has failed."""

import pytest

from simulator.services.api import ServiceError

MINUTE_MS = 60_000
LOGIN = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "etl_user"}


def refused(call):
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value


def test_nobody_answers_while_it_reboots_and_a_statement_has_failed_at_once(api):
    api.cluster.describe_clusters({"ClusterIdentifier": "store-sales"}, api.caller())
    running = api.execute("insert into item values 1")
    api.run(500)
    api.call_cluster("reboot_cluster")
    assert api.describe(running)["Error"].startswith("FATAL: terminating connection")
    error = refused(lambda: api.execute("select * from item"))
    assert (error.code, error.status) == ("ExecuteStatementException", 500)
    assert api.status(error.members["StatementId"]) == "FAILED"
    error = refused(lambda: api.batch("select * from item"))
    assert error.code == "BatchExecuteStatementException"
    error = refused(lambda: api.call("list_databases", **LOGIN))
    assert error.code == "DatabaseConnectionException"
    api.run()
    assert api.status(api.execute("select * from item")) == "SUBMITTED"
    assert api.warehouse.open_transactions == 0


def test_a_statement_whose_start_falls_into_a_reboot_fails(api):
    api.cluster.describe_clusters({"ClusterIdentifier": "store-sales"}, api.caller())
    picked = api.execute("select * from item")
    api.run(200)
    api.call_cluster("reboot_cluster")
    api.run(1000)
    assert "its status is rebooting" in api.describe(picked)["Error"]


def test_an_elastic_resize_holds_statements_until_it_is_done(api):
    running = api.execute("insert into item values 1")
    api.run(500)
    api.call_cluster("resize_cluster", NumberOfNodes=4)
    held = api.execute("insert into item values 2")
    assert refused(lambda: api.call("list_databases", **LOGIN)).code == "QueryTimeoutException"
    api.run(11 * MINUTE_MS)
    assert (api.status(running), api.status(held)) == ("FINISHED", "PICKED")
    api.run()
    assert api.status(held) == "FINISHED"
    # resizing takes 12 minutes from 500, and then the statement a second and a row
    assert api.now_ms == 500 + 12 * MINUTE_MS + 1001
    assert api.warehouse.tables == {"item": [1, 2]}


def test_a_held_statement_can_be_cancelled(api):
    api.cluster.describe_clusters({"ClusterIdentifier": "store-sales"}, api.caller())
    api.call_cluster("resize_cluster", NumberOfNodes=4)
    held = api.execute("insert into item values 1")
    api.run(MINUTE_MS)
    api.call("cancel_statement", Id=held)
    api.run()
    assert api.status(held) == "ABORTED"
    assert api.warehouse.log == []


def test_a_classic_resize_lets_statements_read_and_not_write(api):
    api.cluster.describe_clusters({"ClusterIdentifier": "store-sales"}, api.caller())
    api.call_cluster("resize_cluster", NumberOfNodes=4, Classic=True)
    reader, writer = api.execute("select * from item"), api.execute("insert into item values 1")
    api.run(MINUTE_MS)
    assert api.status(reader) == "FINISHED"
    error = api.describe(writer)["Error"]
    assert error == "ERROR: cannot execute INSERT in a read-only transaction"
    api.run()
    writer = api.execute("insert into item values 1")
    api.run()
    assert api.status(writer) == "FINISHED"


def test_a_node_that_fails_takes_the_queries_with_it_until_it_is_replaced(api):
    running = api.execute("insert into item values 1")
    api.run(500)
    api.cluster.fail("store-sales")
    assert api.status(running) == "FAILED"
    (shown,) = api.call_cluster("describe_clusters")["Clusters"]
    assert (shown["ClusterStatus"], shown["ClusterAvailabilityStatus"]) == (
        "hardware-failure",
        "Unavailable",
    )
    assert refused(lambda: api.execute("x")).code == "ExecuteStatementException"
    api.run()
    assert api.cluster.is_available("store-sales")


def test_a_paused_cluster_has_no_credentials_to_give(api):
    api.cluster.describe_clusters({"ClusterIdentifier": "store-sales"}, api.caller())
    api.call_cluster("pause_cluster")
    for call in (
        lambda: api.execute("select * from item"),
        lambda: api.call("list_tables", **LOGIN),
    ):
        assert refused(call).code == "ValidationException"
    assert api.service.statements == []
