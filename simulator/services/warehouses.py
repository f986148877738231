"""The warehouses of a simulation, each started when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from simulator.engine.ports import World
from simulator.services.api import NotModelled
from simulator.services.provisioned import Provisioned

if TYPE_CHECKING:
    from simulator.sql.warehouse import Warehouse


class _User(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def superuser(self) -> bool: ...

    @property
    def password(self) -> str | None: ...


class Declared(Protocol):
    """A warehouse as a project declares it."""

    @property
    def cluster(self) -> str: ...

    @property
    def database(self) -> str: ...

    @property
    def users(self) -> Sequence[_User]: ...

    @property
    def superuser(self) -> str: ...

    @property
    def isolation(self) -> str: ...

    @property
    def setup(self) -> Sequence[Path]: ...


class Begun(Protocol):
    """What a warehouse that somebody made begins with."""

    @property
    def database(self) -> str: ...

    @property
    def master_username(self) -> str: ...

    @property
    def master_password(self) -> str | None: ...


class Warehouses:
    """Gives the warehouse behind a cluster. With a declared one there is no other; without, any
    cluster's name is one, with database `dev` and superuser `awsuser`.

    In a `provisioned` account a warehouse is what the first of `settings_of` says that knows it.
    `state` is a folder that `save` wrote: the tables to begin with.
    """

    def __init__(
        self,
        world: World,
        declared: Declared | None = None,
        *,
        lake: Mapping[str, Path] | None = None,
        state: Path | None = None,
        provisioned: Provisioned | None = None,
    ) -> None:
        self._world = world
        self._declared = declared
        # shared with S3, which may add buckets; plain folders are written into as they are
        keeps_apart = hasattr(lake, "writable")
        self.lake: MutableMapping[str, Path] = cast(Any, lake) if keeps_apart else dict(lake or {})
        self._state = state
        self._provisioned = provisioned
        self.settings_of: list[Callable[[str], Begun | None]] = []
        self._open: dict[str, Warehouse] = {}

    def __call__(self, cluster: str) -> Warehouse | None:
        """The warehouse behind a cluster; None where there is none."""
        if self._declared is not None and self._declared.cluster != cluster:
            return None
        if cluster not in self._open:
            settings = next(
                (found for ask in self.settings_of if (found := ask(cluster)) is not None), None
            )
            if self._provisioned is not None and settings is None:
                return None
            self._open[cluster] = self._start(settings)
        return self._open[cluster]

    def drop(self, cluster: str) -> None:
        """The cluster is gone, and its tables with it."""
        house = self._open.pop(cluster, None)
        if house is not None:
            house.close()

    def tables(self) -> dict[str, int]:
        """The committed rows of every table, by its name; "cluster/schema.table" where more than
        one cluster is in use."""
        counts = {name: house.table_counts() for name, house in sorted(self._used().items())}
        if len(counts) == 1:
            return next(iter(counts.values()))
        return {
            f"{cluster}/{table}": rows
            for cluster, tables in counts.items()
            for table, rows in tables.items()
        }

    def save(self, folder: Path) -> None:
        """Write the tables, for `state` of a later simulation."""
        from simulator.sql import storage

        used = self._used()
        if len(used) > 1:
            raise NotModelled(f"save: more than one warehouse is in use: {sorted(used)}")
        for house in used.values():
            storage.save(house, folder)

    def close(self) -> None:
        """Give the databases back."""
        used, self._open = self._open, {}
        for house in used.values():
            house.close()

    def _used(self) -> dict[str, Warehouse]:
        if self._declared is not None:
            # it counts whether anybody has asked for it yet or not
            self(self._declared.cluster)
        return self._open

    def _start(self, settings: Begun | None) -> Warehouse:
        from simulator.sql import storage
        from simulator.sql.loading.lake import Lake, StoredLake
        from simulator.sql.warehouse import User, Warehouse

        declared = self._declared
        options: dict[str, Any] = {"lake": Lake(self.lake)}
        if self._provisioned is not None and settings is not None:
            options["lake"] = StoredLake(self._provisioned.objects, self._provisioned.store)
            options["databases"] = (settings.database,)
            name, password = settings.master_username, settings.master_password
            options["users"] = (User(name, superuser=True, password=password),)
        if declared is not None:
            options["databases"] = (declared.database,)
            options["isolation"] = declared.isolation
            options["users"] = tuple(
                User(user.name, superuser=user.superuser, password=user.password)
                for user in declared.users
            )
        if self._state is not None:
            return storage.load(self._state, **options)
        warehouse = Warehouse(**options)
        if declared is not None:
            for file in declared.setup:
                warehouse.setup(
                    file.read_text(encoding="utf-8"),
                    database=declared.database,
                    user=declared.superuser,
                    now_ms=self._world.scheduler.now_ms,
                )
        return warehouse
