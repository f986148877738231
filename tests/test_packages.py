from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from simulator import Simulator, packages

ROOT = Path(__file__).resolve().parents[1]
USES_DATA_API = 'import boto3\nclient = boto3.client("redshift-data")\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "function"
    folder.mkdir()
    return folder


def names(package: packages.Package) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(package.content)).namelist()


def test_the_same_files_make_the_same_bytes_however_and_whenever_they_were_written(
    tmp_path: Path,
):
    made = []
    for number, order in enumerate((("index.py", "b/data.txt"), ("b/data.txt", "index.py"))):
        folder = tmp_path / f"folder{number}"
        for name in order:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"# {name}\n")
            (folder / name).chmod(0o600 if number else 0o755)
        made.append(packages.build(folder))
    assert made[0] == made[1]


def test_what_python_and_editors_leave_behind_is_not_packed(folder: Path):
    for name in ("index.py", "__pycache__/index.cpython-311.pyc", ".index.py.swp", ".git/config"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    assert names(packages.build(folder)) == ["index.py"]


def test_the_hash_is_lambdas(folder: Path):
    # "CodeSha256: The SHA256 hash of the function's deployment package", in base64
    (folder / "index.py").write_text("def handler(event, context):\n    return 1\n")
    package = packages.build(folder)
    assert package.sha256 == base64.b64encode(hashlib.sha256(package.content).digest()).decode()


def test_a_function_with_boto3_carries_the_services_that_it_uses_and_no_others(folder: Path):
    (folder / "index.py").write_text(USES_DATA_API)
    packed = names(packages.build(folder))
    assert "boto3/__init__.py" in packed
    services = {name.split("/")[2] for name in packed if name.startswith("botocore/data/")}
    assert {name for name in services if not name.endswith(".json")} == {"redshift-data"}


def test_the_carried_boto3_needs_nothing_that_is_installed(folder: Path, tmp_path: Path):
    (folder / "index.py").write_text(USES_DATA_API)
    file = tmp_path / "function.zip"
    packages.write(packages.build(folder), file)
    zipfile.ZipFile(file).extractall(tmp_path / "task")
    code = """
import json, sys
import index
from botocore.stub import Stubber
print(json.dumps([
    index.boto3.__file__,
    "Parameters" in index.client.meta.service_model.operation_model("BatchExecuteStatement")
        .input_shape.members,
]))
"""
    # -I and -S: neither the working folder's modules nor installed packages
    done = subprocess.run(
        [sys.executable, "-IS", "-c", f"import sys; sys.path.insert(0, 'task'){code}"],
        cwd=tmp_path,
        env={"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    file_name, has_parameters = json.loads(done.stdout)
    assert Path(file_name).parts[-3:] == ("task", "boto3", "__init__.py")
    assert has_parameters


def test_a_package_runs_in_the_simulator(folder: Path, tmp_path: Path):
    (folder / "index.py").write_text(
        'import boto3\nclient = boto3.client("stepfunctions")\n'
        "def handler(event, context):\n"
        '    return len(client.list_state_machines()["stateMachines"])\n'
    )
    packages.write(packages.build(folder), tmp_path / "function.zip")
    zipfile.ZipFile(tmp_path / "function.zip").extractall(tmp_path / "task")
    simulator = Simulator()
    simulator.add_lambda_folder(tmp_path / "task", name="f")
    answer = simulator.client("lambda").invoke(FunctionName="f")
    assert json.loads(answer["Payload"].read()) == 0


def test_a_function_without_boto3_carries_none(folder: Path):
    (folder / "index.py").write_text("import json\nclient = make().client(name)\n")
    assert names(packages.build(folder)) == ["index.py"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import boto3\n\nc = boto3.client(name)\n",
            "index.py:3: expected the service's name written out, as in boto3.client('s3')",
        ),
        ("def handler(:\n", "index.py:1: expected Python, got invalid syntax"),
    ],
)
def test_what_cannot_be_packed_is_told_with_its_line(folder: Path, text: str, message: str):
    (folder / "index.py").write_text(text)
    with pytest.raises(packages.PackageError) as refused:
        packages.build(folder)
    assert message in str(refused.value)


def test_no_folder_and_an_empty_one_make_no_package(folder: Path):
    with pytest.raises(packages.PackageError, match="expected files, got none"):
        packages.build(folder)
    with pytest.raises(packages.PackageError, match="expected a function's folder, got none"):
        packages.build(folder / "elsewhere")


def test_writing_again_leaves_a_file_that_is_the_same_untouched(folder: Path, tmp_path: Path):
    (folder / "index.py").write_text("")
    file = tmp_path / "out" / "function.zip"
    packages.write(packages.build(folder), file)
    before = file.stat()
    packages.write(packages.build(folder), file)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [path.name for path in file.parent.iterdir()] == ["function.zip"]


def test_the_command_packs_every_function_of_the_project(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "package", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    printed = [line.split() for line in done.stdout.splitlines()]
    functions = ("redshift_cleanup", "redshift_data_api", "redshift_operations", "redshift_setup")
    assert [line[0] for line in printed] == [str(tmp_path / f"{one}.zip") for one in functions]
    assert printed[1][3] == packages.build(ROOT / "lambda/redshift_data_api").sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{one}.zip" for one in functions]
