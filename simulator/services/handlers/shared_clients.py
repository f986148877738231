"""boto3 inside actors: sessions share loaders and keep what they made, transfers take no threads.

Making clients is slow. They belong to no simulation, so handlers get copies of those that are kept.
"""

from __future__ import annotations

import copy
import functools
from types import ModuleType
from typing import Any

from simulator.services.handlers import actors


def share_loader(module: ModuleType) -> None:
    """Patch `botocore.session`: sessions made inside actors share their loader."""
    # Each environment has a boto3 session of its own; reading a service's model anew for each
    # takes 25 to 90 ms.
    real_create = module.create_loader
    shared: dict[Any, Any] = {}

    @functools.wraps(real_create)
    def create_loader(search_path_string: str | None = None) -> Any:
        if actors.current() is None:
            return real_create(search_path_string)
        if search_path_string not in shared:
            shared[search_path_string] = real_create(search_path_string)
        return shared[search_path_string]

    module.create_loader = create_loader  # type: ignore[attr-defined]


def keep_clients(module: ModuleType) -> None:
    """Patch `botocore.session`: a session inside actors makes one client for equal arguments."""
    # A client takes milliseconds to make and belongs to no simulation: inside actors each session
    # makes one for the same arguments, and hands out copies with event handlers of their own.
    session_class: Any = module.Session
    real_create = session_class.create_client

    @functools.wraps(real_create)
    def create_client(self: Any, *arguments: Any, **options: Any) -> Any:
        if actors.current() is None:
            return real_create(self, *arguments, **options)
        kept = self.__dict__.setdefault("_simulator_clients", {})
        key = repr([arguments, sorted((name, _shown(value)) for name, value in options.items())])
        if key not in kept:
            kept[key] = real_create(self, *arguments, **options)
        return clone(kept[key])

    session_class.create_client = create_client


def transfer_in_line(module: ModuleType) -> None:
    """Patch `boto3.s3.transfer`: `upload_file` and its like call S3 from the caller's thread, as
    with `TransferConfig(use_threads=False)`."""
    real_create = module._create_default_transfer_manager
    real_should = module._should_use_crt

    @functools.wraps(real_create)
    def create(client: Any, config: Any, osutil: Any) -> Any:
        if actors.current() is not None or "_simulator_door" in client.__dict__:
            config = copy.copy(config)
            config.use_threads = False
        return real_create(client, config, osutil)

    @functools.wraps(real_should)
    def should_use_crt(config: Any) -> bool:
        # its transfers go past botocore's clients
        return actors.current() is None and bool(real_should(config))

    module._create_default_transfer_manager = create  # type: ignore[attr-defined]
    module._should_use_crt = should_use_crt  # type: ignore[attr-defined]


def _shown(value: Any) -> str:
    # a botocore Config, which has no text of its own
    given = getattr(value, "_user_provided_options", value)
    return repr(sorted(given.items()) if isinstance(given, dict) else given)


def clone(client: Any) -> Any:
    """A client like this one, whose event handlers are its own."""
    copied = object.__new__(type(client))
    copied.__dict__.update(client.__dict__)
    copied.meta = copy.copy(client.meta)
    copied.meta.events = _SharedEvents(client.meta.events)
    return copied


class _SharedEvents:
    """A client's events, copied when a handler is registered or taken away: few clients have any
    of their own, and a copy takes half a millisecond."""

    def __init__(self, shared: Any) -> None:
        self._events = shared
        self._is_own = False

    def emit(self, event_name: str, **arguments: Any) -> Any:
        return self._events.emit(event_name, **arguments)

    def emit_until_response(self, event_name: str, **arguments: Any) -> Any:
        return self._events.emit_until_response(event_name, **arguments)

    def __copy__(self) -> Any:
        return copy.copy(self._events)

    def __getattr__(self, name: str) -> Any:
        if not self._is_own:
            self._events, self._is_own = copy.copy(self._events), True
        return getattr(self._events, name)
