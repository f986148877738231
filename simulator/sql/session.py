"""A session: what outlives one transaction of a user, namely temporary tables and settings.

A session keeps a connection for itself only while it has temporary tables; its settings are told to
whatever connection its next transaction gets. So hundreds of idle sessions hold no connection.
"""

from __future__ import annotations

from typing import Any

import psycopg

from simulator.sql.commands.prepared import Plans


class Session:
    """One user's session in one database. `settings` is SQL that begins each of its transactions;
    `connection` is there while temporary tables are."""

    __slots__ = ("connection", "database", "last", "plans", "settings", "speaker", "user")

    def __init__(self, database: str, user: str) -> None:
        self.database = database.lower()
        self.user = user.lower()
        self.settings = ""
        # who SET SESSION AUTHORIZATION made of the user; empty: nobody else
        self.speaker = ""
        # the numbers and counts of its last statements, by what PG_LAST_... calls them
        self.last: dict[str, int] = {}
        self.plans = Plans()
        self.connection: psycopg.Connection[Any] | None = None

    def committed(self, settings: str, speaker: str) -> None:
        """A transaction of it ended well, SET these, and was this user at its end."""
        self.settings += settings
        self.speaker = speaker

    def close(self) -> None:
        """End it, and its temporary tables with it."""
        connection, self.connection = self.connection, None
        if connection is not None and not connection.closed:
            connection.close()
