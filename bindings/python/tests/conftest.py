"""What several tests use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from callers import Callers
from captured import Captured, read
from servers import DevServer


@pytest.fixture(scope="session")
def captured() -> Captured:
    return read()


@pytest.fixture(scope="session")
def token(captured: Captured) -> str:
    """A token that is bound to a pod."""
    return captured.tokens["pod-live"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """A development server with the pod app-0."""
    server = DevServer(tmp_path_factory.mktemp("server"))
    server.create_pod("app-0")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def all_callers(server: DevServer) -> Callers:
    return Callers(server)


@pytest.fixture
def callers(all_callers: Callers) -> Iterator[Callers]:
    """Callers of services. What a test deletes is there again for the next one."""
    yield all_callers
    all_callers.restore()
