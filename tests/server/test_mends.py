"""Each mend of moto is needed, and does what it says.

The cases are also run in a Python where moto is as it was: a mend whose case works there is to be
taken out.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from simulator.server import mends

BUCKET_POLICY = """
import json
s3 = client("s3")
s3.create_bucket(Bucket="bucket")
s3.put_object(Bucket="bucket", Key="k", Body=b"x")
statement = {
    "Effect": "Deny", "Principal": "*", "Action": "s3:*",
    "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
policy = {"Version": "2012-10-17", "Statement": [statement]}
s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps(policy))
assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"x"
assert json.loads(s3.get_bucket_policy(Bucket="bucket")["Policy"]) == policy
"""
LOG_DELIVERY = """
import json
s3 = client("s3")
s3.create_bucket(Bucket="bucket")
s3.create_bucket(Bucket="logs")
statements = [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*",
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"},
     "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/access/*"},
]
policy = {"Version": "2012-10-17", "Statement": statements}
s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
target = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "access/lake/"}}
s3.put_bucket_logging(Bucket="bucket", BucketLoggingStatus=target)
shown = s3.get_bucket_logging(Bucket="bucket")["LoggingEnabled"]
assert shown["TargetPrefix"] == "access/lake/", shown
"""
COMPOSITE_ALARM = """
cloudwatch = client("cloudwatch")
cloudwatch.put_composite_alarm(AlarmName="a", AlarmRule='ALARM("b")')
(alarm,) = cloudwatch.describe_alarms(AlarmNames=["a"], AlarmTypes=["CompositeAlarm"])[
    "CompositeAlarms"
]
assert alarm["AlarmRule"] == 'ALARM("b")'
"""
BUDGET = """
budgets = client("budgets")
account = "123456789012"
notification = {
    "NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0,
    "ThresholdType": "PERCENTAGE",
}
subscribers = [{"SubscriptionType": "EMAIL", "Address": "a@example.org"}]
limit = {"Amount": "100", "Unit": "USD"}
budget = {
    "BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit,
}
budgets.create_budget(
    AccountId=account, Budget=budget, ResourceTags=[{"Key": "k", "Value": "v"}],
    NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": subscribers}],
)
asked = {"AccountId": account, "BudgetName": "b", "Notification": notification}
assert budgets.describe_subscribers_for_notification(**asked)["Subscribers"] == subscribers
arn = f"arn:aws:budgets::{account}:budget/b"
tags = budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]
assert tags == [{"Key": "k", "Value": "v"}], tags
changed = {**budget, "BudgetLimit": {**limit, "Amount": "5"}}
budgets.update_budget(AccountId=account, NewBudget=changed)
shown = budgets.describe_budget(AccountId=account, BudgetName="b")["Budget"]
assert shown["BudgetLimit"]["Amount"] == "5"
"""
QUEUE = """
import json
sqs = client("sqs")
statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
url = sqs.create_queue(QueueName="q", Attributes={"Policy": policy})["QueueUrl"]
sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
assert json.loads(shown["Policy"]) == json.loads(policy)
"""
PREFIX_LIST = """
ec2 = client("ec2")
group = ec2.create_security_group(GroupName="g", Description="d")["GroupId"]
(lists,) = [
    one for one in ec2.describe_managed_prefix_lists()["PrefixLists"]
    if one["PrefixListName"].endswith(".s3")
]
permission = {
    "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
    "PrefixListIds": [{"PrefixListId": lists["PrefixListId"], "Description": "to S3"}],
}
ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
(rule,) = [one for one in rules["SecurityGroupRules"] if one.get("PrefixListId")]
assert rule["Description"] == "to S3", rule
"""
MANAGED_POLICIES = """
from moto.iam.models import iam_backends
iam = client("iam")
iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
iam.attach_role_policy(RoleName="r", PolicyArn=arn)
assert not iam_backends["123456789012"]["aws-cn"].aws_managed_policies
"""
SCHEDULE = """
scheduler = client("scheduler")
asked = {
    "Name": "s", "ScheduleExpression": "cron(0 5 * * ? *)", "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": "arn:aws:iam::1:role/r"},
}
"""
START_DATE = f"""{SCHEDULE}
import datetime
scheduler.create_schedule(StartDate=datetime.datetime(2024, 2, 1), **asked)
assert scheduler.get_schedule(Name="s")["StartDate"].year == 2024
"""
STATE = f"""{SCHEDULE}
scheduler.create_schedule(**asked)
scheduler.update_schedule(**asked)
assert scheduler.get_schedule(Name="s")["State"] == "ENABLED"
"""
CASES = {
    "_bucket_policies_have_conditions": BUCKET_POLICY,
    "_logs_are_delivered_by_any_policy_that_allows_it": LOG_DELIVERY,
    "_composite_alarms_can_be_made": COMPOSITE_ALARM,
    "_budgets_have_subscribers_and_tags": BUDGET,
    "_queues_keep_what_is_not_set": QUEUE,
    "_rules_for_prefix_lists_have_descriptions": PREFIX_LIST,
    "_managed_policies_are_read_once_and_for_one_partition": MANAGED_POLICIES,
    "_schedules_start_in_the_ports_time": START_DATE,
    "_schedules_are_on_unless_they_say_otherwise": STATE,
}
# each case with moto as it is
WITHOUT = """
import sys
from simulator.server import mends
mends.MENDS = ()
sys.path.insert(0, {folder!r})
from conftest import Served
for name, code in {cases!r}.items():
    served = Served()
    try:
        exec(code, {{"client": served.client}})
        print("works:", name)
    except Exception as error:
        print("fails:", name, error, file=sys.stderr)
    finally:
        served.close()
"""


def test_every_mend_has_a_case():
    assert [mend.__name__ for mend in mends.MENDS] == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_with_the_mend_it_works(port, name):
    exec(CASES[name], {"client": port.client})
    assert port.said == []


def test_moto_does_not_do_without_any_of_them(root):
    folder = str(root / "tests" / "server")
    program = WITHOUT.format(folder=folder, cases=CASES)
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True
    )
    assert ran.stdout == "", "moto needs this mend no more"
    failed = [line.split()[1] for line in ran.stderr.splitlines() if line.startswith("fails: ")]
    assert failed == list(CASES)
