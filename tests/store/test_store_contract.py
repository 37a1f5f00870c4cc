"""The store keeps its contract on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import pytest

from sweeper.store.store import Store
from sweeper.testing.store import StoreContract


class TestStore(StoreContract):
    """A store on each database that we support."""

    @pytest.fixture(autouse=True)
    def _address(self, store_url: str) -> None:
        self.url = store_url

    def open(self) -> Store:
        return Store(self.url)
