"""Runs AWS Step Functions definitions, with their Lambda code and Redshift SQL, in virtual time.

`from simulator import Simulator` is the whole public interface. Importing the package loads no
service, no SQL and no boto3: rooms load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.faults.happened import Happened
    from simulator.faults.promises import promise
    from simulator.simulator import Execution, Simulator

__all__ = ["Execution", "Happened", "Simulator", "promise"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "promise":
        from simulator.faults.promises import promise

        return promise
    if name == "Happened":
        from simulator.faults.happened import Happened

        return Happened
    if name in __all__:
        from simulator import simulator

        return getattr(simulator, name)
    raise AttributeError(f"module 'simulator' has no attribute {name!r}")
