"""Templates of CloudFormation, SAM and the CDK, read and run. Expected values: CloudFormation's
"Intrinsic function reference" and SAM's resource reference."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator, project
from simulator.project import ProjectError
from simulator.project.cloudformation import Values, read_template

SAM = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    Timeout: 20
    Environment:
      Variables:
        STAGE: !Ref Stage
Parameters:
  Stage: {Type: String, Default: dev}
  Cluster: {Type: String}
Conditions:
  IsProduction: !Equals [!Ref Stage, prod]
Resources:
  Load:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: statemachine/load.asl.yaml
      DefinitionSubstitutions:
        SubmitArn: !Ref Submit.Alias
        Table: !Ref Waiting
  Audit:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      Definition:
        StartAt: Done
        States:
          Done: {Type: Pass, End: true}
      Events:
        Loaded:
          Type: EventBridgeRule
          Properties:
            Pattern: {source: [aws.states], detail: {status: [SUCCEEDED]}}
            InputPath: $.detail
  Submit:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      CodeUri: functions/submit/
      Handler: app.submit
      Layers: [!Ref Shared]
      Environment:
        Variables:
          TABLE: !Ref Waiting
          CLUSTER: !Ref Cluster
          RESULTS: !Sub "s3://${Results}/${AWS::Region}/"
          DATABASE: !GetAtt Database.Name
          SECRET: !Ref Credentials
  Answer:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/answer/
      Handler: app.answer
      Environment: {Variables: {TABLE: !Ref Waiting}}
      Events:
        Ended:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [aws.redshift-data]
              detail: {statementName: [{prefix: nightly}]}
        Queued:
          Type: SQS
          Properties: {Queue: !GetAtt Work.Arn, BatchSize: 5}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layers/shared}
  Waiting:
    Type: AWS::Serverless::SimpleTable
    Properties: {PrimaryKey: {Name: statementName, Type: String}}
  Runs:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "runs-${Stage}"
      KeySchema:
        - {AttributeName: job, KeyType: HASH}
        - {AttributeName: at, KeyType: RANGE}
      AttributeDefinitions:
        - {AttributeName: job, AttributeType: S}
        - {AttributeName: at, AttributeType: N}
      BillingMode: PAY_PER_REQUEST
  Work:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 45
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead.Arn
        maxReceiveCount: 3
  Dead: {Type: AWS::SQS::Queue}
  Results: {Type: AWS::S3::Bucket}
  Spare: {Type: AWS::S3::Bucket, Condition: IsProduction}
  Database:
    Type: AWS::SSM::Parameter
    Properties: {Name: /etl/database, Type: String, Value: dev}
  Credentials:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: etl/loader
      GenerateSecretString:
        SecretStringTemplate: '{"username": "awsuser"}'
        GenerateStringKey: password
"""
LOAD = """
StartAt: Submit
States:
  Submit:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke.waitForTaskToken
    TimeoutSeconds: 600
    Parameters:
      FunctionName: ${SubmitArn}
      Payload:
        token.$: $$.Task.Token
        name.$: States.Format('nightly-{}', $$.Execution.Name)
        kept: ${NotASubstitution}
    End: true
"""
SUBMIT = """
import os
import boto3
import shared

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def submit(event, context):
    table.put_item(Item={"statementName": event["name"], "token": event["token"]})
    database = boto3.client("ssm").get_parameter(Name=os.environ["DATABASE"])["Parameter"]["Value"]
    boto3.client("redshift-data").execute_statement(
        ClusterIdentifier=os.environ["CLUSTER"],
        Database=database,
        SecretArn=os.environ["SECRET"],
        Sql=f"unload ('select 1') to '{os.environ['RESULTS']}' iam_role default",
        StatementName=event["name"],
        WithEvent=True,
    )
    left = context.get_remaining_time_in_millis()
    print(shared.GREETING, os.environ["STAGE"], event["kept"], left)
"""
ANSWER = """
import json
import os
import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def answer(event, context):
    item = table.get_item(Key={"statementName": event["detail"]["statementName"]})["Item"]
    output = json.dumps({"state": event["detail"]["state"]})
    boto3.client("stepfunctions").send_task_success(taskToken=item["token"], output=output)
"""
TOML = """
[template]
file = "template.yaml"
state_machine = "Load"
parameters = { Cluster = "warehouse" }
"""
FILES = {
    "simulator.toml": TOML,
    "template.yaml": SAM,
    "statemachine/load.asl.yaml": LOAD,
    "functions/submit/app.py": SUBMIT,
    "functions/answer/app.py": ANSWER,
    "layers/shared/python/shared.py": "GREETING = 'hello'\n",
}
Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(files: dict[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    return written


def test_a_sam_template_runs_from_its_own_files(write: Write) -> None:
    with Simulator.from_project(write(FILES)) as simulator:
        execution = simulator.start({})
        simulator.run()
        assert execution.status == "SUCCEEDED", execution.cause
        assert execution.output == {"state": "FINISHED"}
        first = simulator.invocations[0]
        scheduled = next(one for one in execution.history() if one["type"] == "TaskScheduled")
        parameters = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])
        assert parameters["FunctionName"].endswith(":function:Submit:live")
        # of 20 s three calls of 40 ms are gone
        assert first.output == "hello dev ${NotASubstitution} 19880\n"
        (statement,) = simulator.statements
        assert (statement.cluster, statement.db_user) == ("warehouse", "awsuser")
        written = [one for one in simulator.lake["results"].rglob("*") if one.is_file()]
        assert written
        assert written[0].parent.name == "us-east-1"


def test_what_a_sam_template_declares(write: Write) -> None:
    read = project.read(write(FILES))
    assert (read.definition.name, list(read.state_machines)) == ("Load", ["Audit"])
    assert read.state_machines["Audit"].kind == "EXPRESS"
    assert {(rule.target, rule.kind) for rule in read.rules} == {
        ("Audit", "state_machine"), ("Answer", "lambda")
    }  # fmt: skip
    assert [rule.inputs for rule in read.rules if rule.inputs] == [{"InputPath": "$.detail"}]
    (queue,) = read.queues
    assert (queue.name, queue.function, queue.batch_size) == ("Work", "Answer", 5)
    assert (queue.visibility_seconds, queue.max_receives) == (45, 3)
    assert queue.dead_letter_queue == "Dead"
    runs = read.tables["runs-dev"].key
    assert (runs.partition, runs.sort, runs.types["at"]) == ("job", "at", "N")
    assert list(read.lake) == ["results"]
    # what simulator.toml says itself wins
    more = '[lambda.Answer]\npath = "mine"\n[table.Waiting]\nkey = "id"\n'
    own = write({"simulator.toml": TOML + more, "mine/index.py": ""})
    again = project.read(own)
    assert again.lambdas["Answer"].path == own / "mine"
    assert again.tables["Waiting"].key.partition == "id"


def test_a_template_of_the_cdk_brings_its_assets(write: Write) -> None:
    arn = {"Fn::GetAtt": ["Work1A2B", "Arn"]}
    log = "arn:aws:logs:us-east-1:123456789012:log-group:"
    parts = [
        '{"StartAt":"Work","States":{"Work":{"Type":"Task","End":true,"Resource":"arn:',
        {"Ref": "AWS::Partition"},
        ':states:::lambda:invoke","Parameters":{"FunctionName":"',
        arn,
        '","Payload":{"said":"${not a substitution} {% x %}"}},"OutputPath":"$.Payload"}}}',
    ]
    template = {
        "Resources": {
            "Work1A2B": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": {"S3Bucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}"}, "S3Key": "x"},
                    "Handler": "index.handler",
                    "Runtime": "python3.12",
                },
                "Metadata": {"aws:asset:path": "asset.0123"},
            },
            "Machine3C4D5E6F": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"DefinitionString": {"Fn::Join": ["", parts]}},
            },
            "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/events/x"}},
            "Logged": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventPattern": {"source": ["aws.states"]},
                    "Targets": [{"Id": "1", "Arn": {"Fn::Join": ["", [log, {"Ref": "Log"}]]}}],
                },
            },
        }
    }
    folder = write(
        {
            # the CDK's hash may be left out of a name, and what is only logged is passed over
            "simulator.toml": (
                '[template]\nfile = "cdk.out/Stack.template.json"\nstate_machine = "Machine"\n'
            ),
            "cdk.out/Stack.template.json": json.dumps(template),
            "cdk.out/asset.0123/index.py": "def handler(event, _):\n    return event['said']\n",
        }
    )
    with Simulator.from_project(folder) as simulator:
        execution = simulator.start({})
        simulator.run()
        assert execution.output == "${not a substitution} {% x %}"


DIGEST = "0123456789abcdef" * 4
LAYERED = f"""
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{Runtime: python3.12, Layers: [!Ref Zipped]}}
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      CodeUri: {{Bucket: cdk-assets, Key: {DIGEST}.zip}}
      Layers:
        - !Sub arn:aws:lambda:${{AWS::Region}}:017000801446:layer:Powertools-x86_64:4
        - arn:aws:lambda:us-east-1:1:layer:known-to-nobody:1
  Zipped:
    Type: AWS::Lambda::LayerVersion
    Properties: {{Content: layer.zip}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States: {{A: {{Type: Task, Resource: !GetAtt Work.Arn, End: true}}}}
"""


def test_layers_come_from_the_template_from_globals_and_from_elsewhere(write: Write) -> None:
    toml = '[template]\nfile = "template.yaml"\n[template.layers]\n"{}" = "powertools"\n'
    folder = write(
        {
            "simulator.toml": toml.format("Powertools-x86_64"),
            "template.yaml": LAYERED,
            # found by its hash: nothing in the template names the folder
            f"asset.{DIGEST}/index.py": (
                "import far, near\n\ndef handler(event, _):\n    return [far.NAME, near.NAME]\n"
            ),
            "powertools/python/far.py": "NAME = 'far'\n",
        }
    )
    with zipfile.ZipFile(folder / "layer.zip", "w") as archive:
        archive.writestr("python/near.py", "NAME = 'near'\n")
    with Simulator.from_project(folder) as simulator:
        execution = simulator.start({})
        simulator.run()
        assert execution.output == ["far", "near"], execution.cause
    (folder / "simulator.toml").write_text(toml.format("Powertools"))
    with pytest.raises(ProjectError, match="a layer that a function has, got 'Powertools'") as bad:
        project.read(folder)
    assert "Powertools-x86_64" in str(bad.value)


def test_what_the_serverless_framework_packs_runs(write: Write) -> None:
    # `serverless package` writes the template and the code's zip file beside each other
    text = (
        '{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"${version}","Next":"B"},'
        '"B":{"Type":"Task","Resource":"${alias}","End":true}}}'
    )
    template = {
        "Resources": {
            "ServerlessDeploymentBucket": {"Type": "AWS::S3::Bucket"},
            "WorkLambdaFunction": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": {
                        "S3Bucket": {"Ref": "ServerlessDeploymentBucket"},
                        "S3Key": "serverless/etl/dev/1704794400000-2024-01-09/etl.zip",
                    },
                    "Handler": "src/work.handler",
                    "Runtime": "python3.12",
                    "FunctionName": "etl-dev-work",
                },
            },
            "WorkLambdaVersionAbC": {
                "Type": "AWS::Lambda::Version",
                "Properties": {"FunctionName": {"Ref": "WorkLambdaFunction"}},
            },
            "Live": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "FunctionName": {"Fn::GetAtt": ["WorkLambdaFunction", "Arn"]},
                    "FunctionVersion": {"Fn::GetAtt": ["WorkLambdaVersionAbC", "Version"]},
                    "Name": "live",
                },
            },
            "EtlStepFunctionsStateMachine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "DefinitionString": {
                        "Fn::Sub": [
                            text,
                            {"version": {"Ref": "WorkLambdaVersionAbC"}, "alias": {"Ref": "Live"}},
                        ]
                    }
                },
            },
        }
    }
    name = ".serverless/cloudformation-template-update-stack.json"
    toml = f'[template]\nfile = "{name}"\n'
    folder = write({"simulator.toml": toml, name: json.dumps(template)})
    with zipfile.ZipFile(folder / ".serverless" / "etl.zip", "w") as archive:
        archive.writestr(
            "src/work.py", "def handler(event, _):\n    return {'n': event['n'] + 1}\n"
        )
    with Simulator.from_project(folder) as simulator:
        assert simulator.project is not None
        assert simulator.project.lambdas["etl-dev-work"].aliases == ("live",)
        execution = simulator.start({"n": 1})
        simulator.run()
        assert execution.output == {"n": 3}, execution.cause


def test_a_function_may_be_packed(write: Write) -> None:
    files = {**FILES, "template.yaml": SAM.replace("functions/submit/", "packed/submit.zip")}
    folder = write(files)
    (folder / "packed").mkdir()
    with zipfile.ZipFile(folder / "packed" / "submit.zip", "w") as archive:
        archive.writestr("app.py", SUBMIT)
    with Simulator.from_project(folder) as simulator:
        execution = simulator.start({})
        simulator.run()
        assert execution.output == {"state": "FINISHED"}


VALUES = """
Parameters:
  Endpoint: {Type: String, Default: "c.x.redshift.amazonaws.com:5439/dev"}
  Subnets: {Type: CommaDelimitedList, Default: "a, b"}
  Count: {Type: Number, Default: 3}
Mappings:
  Script: {Config: {Day: '2021-06-26'}}
Conditions:
  Yes: !Equals [!Ref Count, 3]
  No: !Not [{Condition: Yes}]
  Both: !And [{Condition: Yes}, !Or [{Condition: No}, {Condition: Yes}]]
Resources:
  Queue: {Type: AWS::SQS::Queue}
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Select [0, !Split ['.', !Ref Endpoint]]", "c"),
        ("!Sub ['${Db}!', {Db: !Select [1, !Split ['/', !Ref Endpoint]]}]", "dev!"),
        ("!Sub 'a ${Queue.Arn} ${!Kept} ${AWS::AccountId} ${Count}'",
         "a arn:Queue.Arn ${Kept} 123456789012 3"),
        ("!Join ['-', [a, !Ref Count, !Ref 'AWS::Region']]", "a-3-us-east-1"),
        ("!FindInMap [Script, Config, Day]", "2021-06-26"),
        ("!If [Yes, then, else]", "then"),
        ("!If [No, then, else]", "else"),
        ("!If [Both, then, else]", "then"),
        ("{a: !If [No, 1, !Ref 'AWS::NoValue'], b: 2}", {"b": 2}),
        ("!Ref Subnets", ["a", "b"]),
        ("!GetAtt Queue.Arn", "arn:Queue.Arn"),
        ("Fn::ToJsonString: {a: !Ref Count}", '{"a": "3"}'),
        ("2021-06-26", "2021-06-26"),
    ],
)  # fmt: skip
def test_functions_of_a_template(write: Write, value: str, expected: Any) -> None:
    file = write({"t.yaml": VALUES + f"Outputs:\n  It:\n    {value}\n"}) / "t.yaml"
    template = read_template(file, "here")
    values = Values(
        template, {}, "here", ref=str, attribute=lambda name, member: f"arn:{name}.{member}"
    )
    assert values.of(template["Outputs"]["It"]) == expected


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("simulator.toml", "Cluster =", "Clustr =",
         r"toml:2: \[template\]: expected a parameter of the template, got 'Clustr'.*'Cluster'"),
        ("simulator.toml", 'parameters = { Cluster = "warehouse" }', "",
         r"value for the template's parameter 'Cluster', got none.*parameters = { Cluster ="),
        ("simulator.toml", 'state_machine = "Load"', "",
         "expected a template with one state machine, got Load, Audit"),
        ("simulator.toml", '"Load"', '"Lod"', "state machine of the template, got 'Lod'.*'Load'"),
        ("simulator.toml", "[template]", '[definition]\nfile = "x"\n[template]',
         r"expected one of \[definition\] and \[template\], got both"),
        ("template.yaml", "!GetAtt Work.Arn", "!GetAtt Wrok.Arn",
         "expected a resource, got 'Wrok'.*'Work'"),
        ("template.yaml", "!Ref Waiting", "!ImportValue Waiting",
         "expected a value for the export 'Waiting'"),
        ("template.yaml", "functions/submit/", "functions/none/",
         r"\[template\]: Submit: expected a folder at .*none, got nothing there"),
        ("template.yaml", "CodeUri: functions/submit/", "CodeUri: s3://code/submit.zip",
         r"Submit: expected the code's folder.*\[lambda.Submit\] with its path"),
        ("template.yaml", "CodeUri: functions/submit/", "CodeUri: submit.zip",
         r"Submit: expected a zip file at .*submit.zip.*\[lambda.Submit\] with its path"),
        ("template.yaml", "app.submit", "main.submit", "expected the handler's file .*main.py"),
        ("template.yaml", "statemachine/load", "statemachine/laod",
         "Load: expected a file at .*laod.asl.yaml"),
        ("template.yaml", "Resources:", "Resources: [", "expected YAML in .*template.yaml, got"),
    ],
)  # fmt: skip
def test_mistakes_are_named(write: Write, name: str, old: str, new: str, message: str) -> None:
    folder = write({**FILES, name: FILES[name].replace(old, new)})
    with pytest.raises(ProjectError) as caught:
        project.read(folder)
    text = " ".join(str(caught.value).split())
    assert re.search(message, text), text


def test_a_definition_may_be_yaml_without_a_template(write: Write) -> None:
    toml = '[definition]\nfile = "m.asl.yaml"\nsubstitutions = { seconds = 5 }\n'
    text = "StartAt: W\nStates:\n  W: {Type: Wait, Seconds: ${seconds}, End: true}\n"
    with Simulator.from_project(write({"simulator.toml": toml, "m.asl.yaml": text})) as simulator:
        execution = simulator.start({})
        simulator.run()
        assert execution.status == "SUCCEEDED"


STATEMENTS = """
Resources:
  Nightly: {Type: "AWS::RedshiftServerless::Workgroup", Properties: {WorkgroupName: nightly}}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties: {Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}}
  Ended:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.states], detail: {status: [SUCCEEDED]}}
      Targets:
        - Id: sql
          Arn: !GetAtt Nightly.Workgroup.WorkgroupArn
          RoleArn: arn:aws:iam::123456789012:role/etl
          RedshiftDataParameters: {Database: dev, Sql: select 1, StatementName: after}
        - Id: none
          Arn: arn:aws:redshift:us-east-1:123456789012:cluster:none
          RedshiftDataParameters: {Database: dev, DbUser: awsuser, Sql: select 2}
"""


def test_a_rule_of_a_template_runs_sql(write: Write) -> None:
    files = {"simulator.toml": '[template]\nfile = "t.yaml"\n', "t.yaml": STATEMENTS}
    with Simulator.from_project(write(files)) as simulator:
        simulator.start({})
        simulator.run()
        (statement,) = simulator.statements
        assert (statement.name, statement.db_user, statement.status) == (
            "after",
            "IAMR:etl",
            "FINISHED",
        )
        ((_, _, subject, data),) = simulator.trace.of_kind("Hint")
        assert subject.endswith(":cluster:none")
        assert data["caller"] == "rule:Ended-2"


OUTSIDE = """
Parameters:
  Stage: {Type: "AWS::SSM::Parameter::Value<String>", Default: /etl/stage}
Resources:
  Cluster:
    Type: AWS::Redshift::Cluster
    Properties:
      ClusterIdentifier: !ImportValue {"Fn::Sub": "infra-${AWS::Region}-cluster"}
      MasterUsername: "{{resolve:secretsmanager:admin:SecretString:username}}"
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition:
        StartAt: A
        States:
          A:
            Type: Pass
            Result: [!Ref Stage, "s3://{{resolve:ssm:/etl/bucket:1}}/x", !Ref Cluster]
            End: true
"""


def test_what_other_stacks_and_stores_hold_is_told(write: Write) -> None:
    toml = '[template]\nfile = "t.yaml"\n'
    folder = write({"simulator.toml": toml, "t.yaml": OUTSIDE})
    told = ""
    for line, missing in (
        ("", "'infra-us-east-1-cluster'"),
        ('[template.outside]\n"infra-us-east-1-cluster" = "analytics"\n', "parameter 'Stage'"),
        ('[template.parameters]\nStage = "dev"\n', "reference 'ssm:/etl/bucket:1'"),
    ):
        told += line
        (folder / "simulator.toml").write_text(toml + told)
        with pytest.raises(ProjectError, match=missing):
            project.read(folder)
    outside = '[template.outside]\n"ssm:/etl/bucket:1" = "lake"\n'
    told = told.replace("[template.outside]\n", outside)
    (folder / "simulator.toml").write_text(toml + told)
    with Simulator.from_project(folder) as simulator:
        execution = simulator.start({})
        simulator.run()
        assert execution.output == ["dev", "s3://lake/x", "analytics"]
        assert simulator.project is not None
        assert simulator.project.warehouse is not None
        assert simulator.project.warehouse.superuser == "awsuser"
