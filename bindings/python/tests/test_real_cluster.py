"""A real API server, of the folder that BOUNDTOKEN_CLUSTER names. `make test-cluster` builds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boundtoken
import pytest
from boundtoken import Confirmed, Reason
from servers import ApiServer, RealServer, real_programs
from test_cluster import eventually


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    programs = real_programs()
    if programs is None:
        pytest.skip("NOT TESTED: no real API server; `make test-cluster` builds it, and BOUNDTOKEN_CLUSTER names its folder")
    server = RealServer(programs, tmp_path_factory.mktemp("real"))
    yield server
    server.stop()


@pytest.mark.timeout(300)
def test_verdicts_are_those_of_the_api_server(real_server: ApiServer) -> None:
    with boundtoken.Cluster.connect(kubeconfig=real_server.kubeconfig) as cluster:
        verifier = boundtoken.Verifier(issuers=[cluster], audiences=["vault"])
        real_server.create_pod("app-0")
        token = real_server.token("app-0")
        caller = verifier.verify_online(token)

        def reviewed() -> dict[str, Any]:
            review = {"spec": {"token": token, "audiences": ["vault"]}}
            answer = real_server.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
            return dict(answer["status"])

        status = reviewed()
        assert status["authenticated"]
        assert caller.user_info.to_dict() == status["user"]
        assert (list(caller.matched_audiences), caller.confirmed) == (status["audiences"], Confirmed.LIVE)

        real_server.delete_pod("app-0")

        def is_refused() -> bool:
            (verdict,) = verifier.verify_batch([token])
            return isinstance(verdict, boundtoken.RejectedError) and verdict.reason == Reason.POD_NOT_FOUND

        eventually(is_refused, "the deletion is not noticed")
        # The API server remembers its own answer for ten seconds.
        eventually(lambda: not reviewed().get("authenticated"), "the API server accepts it still")
