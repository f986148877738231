import pytest

from simulator.engine.timing import Timing
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.redshift.clusters import ClusterSettings, RedshiftCluster
from tests.support.worlds import make_world

CALLER = Caller("client", "arn:aws:iam::123456789012:role/client")
NAMED = {"ClusterIdentifier": "store-sales"}


def make(clusters=None):
    world = make_world(
        start_ms=1_704_794_400_000, timing=Timing(cluster_pause_ms=60_000, cluster_resume_ms=90_000)
    )
    return world, RedshiftCluster(world, clusters)


def test_without_a_declared_cluster_any_identifier_names_one_that_is_ready():
    _, cluster = make()
    (description,) = cluster.describe_clusters(NAMED, CALLER)["Clusters"]
    assert description["ClusterIdentifier"] == "store-sales"
    assert description["ClusterStatus"] == "available"
    assert description["ClusterAvailabilityStatus"] == "Available"
    assert (description["DBName"], description["MasterUsername"]) == ("dev", "awsuser")


def test_with_declared_clusters_others_are_not_found():
    _, cluster = make([ClusterSettings("store-sales")])
    with pytest.raises(ServiceError) as caught:
        cluster.describe_clusters({"ClusterIdentifier": "other"}, CALLER)
    assert (caught.value.code, caught.value.status) == ("ClusterNotFoundFault", 404)
    assert caught.value.message == "Cluster other not found."
    assert cluster.state_of("other") is None


def test_all_declared_clusters_are_described():
    _, cluster = make([ClusterSettings("a"), ClusterSettings("b", first_status="paused")])
    described = cluster.describe_clusters({}, CALLER)["Clusters"]
    assert [(one["ClusterIdentifier"], one["ClusterStatus"]) for one in described] == [
        ("a", "available"),
        ("b", "paused"),
    ]


def test_pausing_and_resuming_take_virtual_time():
    world, cluster = make()
    answer = cluster.pause_cluster(NAMED, CALLER)
    assert answer["Cluster"]["ClusterStatus"] == "pausing"
    world.scheduler.run(until_ms=world.scheduler.now_ms + 59_999)
    assert cluster.state_of("store-sales") == "pausing"
    world.scheduler.run()
    assert cluster.state_of("store-sales") == "paused"
    assert cluster.resume_cluster(NAMED, CALLER)["Cluster"]["ClusterStatus"] == "resuming"
    assert not cluster.is_available("store-sales")
    world.scheduler.run()
    assert cluster.is_available("store-sales")
    assert world.scheduler.now_ms == 1_704_794_400_000 + 60_000 + 90_000
    assert [(kind, subject, data) for _, kind, subject, data in world.trace.entries] == [
        ("ClusterStatus", "store-sales", status)
        for status in ("pausing", "paused", "resuming", "available")
    ]


@pytest.mark.parametrize("status", ["pausing", "paused", "resuming"])
def test_only_an_available_cluster_is_paused(status):
    _, cluster = make([ClusterSettings("store-sales", first_status=status)])
    with pytest.raises(ServiceError, match="You can only pause an ACTIVE Cluster") as caught:
        cluster.pause_cluster(NAMED, CALLER)
    assert caught.value.code == "InvalidClusterStateFault"


@pytest.mark.parametrize("status", ["available", "pausing", "resuming"])
def test_only_a_paused_cluster_is_resumed(status):
    _, cluster = make([ClusterSettings("store-sales", first_status=status)])
    with pytest.raises(ServiceError) as caught:
        cluster.resume_cluster(NAMED, CALLER)
    assert caught.value.code == "InvalidClusterStateFault"


def test_a_cluster_that_starts_resuming_becomes_available():
    world, cluster = make([ClusterSettings("store-sales", first_status="resuming")])
    world.scheduler.run()
    assert cluster.is_available("store-sales")


def test_a_wrong_first_status_is_refused_by_name():
    with pytest.raises(ValueError, match=r"first_status: expected one of .*got 'asleep'"):
        ClusterSettings("store-sales", first_status="asleep")


def test_a_search_by_tags_is_refused_by_name():
    _, cluster = make()
    with pytest.raises(NotModelled, match="tags"):
        cluster.describe_clusters({"TagKeys": ["team"]}, CALLER)


def test_the_answers_are_what_botocores_model_has():
    session = pytest.importorskip("botocore.session").get_session()
    members = session.get_service_model("redshift").shape_for("Cluster").members
    _, cluster = make()
    (description,) = cluster.describe_clusters(NAMED, CALLER)["Clusters"]
    assert set(description) <= set(members)
