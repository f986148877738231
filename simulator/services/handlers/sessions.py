"""botocore's sessions and variables as simulated code has them: nobody's profile or credentials."""

from __future__ import annotations

import functools
from typing import Any

# What the validator and the signer want to see; refused everywhere but here.
DUMMY_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIASIMULATED0000000",
    "AWS_SECRET_ACCESS_KEY": "simulated",
    "AWS_SESSION_TOKEN": "simulated",
}


def client_variables(region: str) -> dict[str, str]:
    """The environment variables with which boto3 makes clients of the simulation."""
    return {
        **DUMMY_CREDENTIALS,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        # the host's profiles and their settings stay unseen
        "AWS_CONFIG_FILE": "/nonexistent/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
    }


@functools.lru_cache(maxsize=1)
def botocore_session() -> Any:
    """A session for clients of the simulator's own, without anybody's profile or credentials."""
    # One loader for all simulations: reading a service's model takes longer than a simulation.
    import botocore.session

    session = botocore.session.Session(
        session_vars={
            "profile": (None, [], None, None),
            "config_file": (None, None, "/nonexistent/config", None),
            "credentials_file": (None, None, "/nonexistent/credentials", None),
        }
    )
    session.set_config_variable("metadata_service_num_attempts", 0)
    # as boto3's own sessions do: upload_file and its like
    from boto3.utils import lazy_call

    session.register(
        "creating-client-class.s3", lazy_call("boto3.s3.inject.inject_s3_transfer_methods")
    )
    return session
