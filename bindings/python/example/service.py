"""An HTTP service whose callers are pods.

It greets every caller with a good token for the audience "example". It refuses a caller as soon as its pod is deleted.
"""

import argparse
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import boundtoken
import uvicorn
from boundtoken.auth import Authenticator, Policy
from boundtoken.auth.fastapi import BoundToken
from fastapi import Depends, FastAPI, Response

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--kubeconfig", help="without one, the pod's own configuration")
arguments.add_argument("--port", type=int, default=8080)
arguments.add_argument("--audience", default="example", help="the name of this service in tokens")
options = arguments.parse_args()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with await boundtoken.Cluster.connect_async(kubeconfig=options.kubeconfig) as cluster:
        app.state.cluster = cluster
        app.state.verifier = boundtoken.Verifier(issuers=[cluster], audiences=[options.audience])
        yield


app = FastAPI(lifespan=lifespan)
auth = BoundToken(Authenticator(lambda: app.state.verifier, policy=Policy.namespaces("demo")))
Caller = Annotated[boundtoken.VerifiedToken, Depends(auth)]
Admin = Annotated[boundtoken.VerifiedToken, Depends(auth.require(Policy.service_account("demo", "admin")))]


@app.get("/")
async def greet(caller: Caller) -> str:
    pod = caller.pod
    return f"hello, {caller.subject} from {f'Pod {pod.namespace}/{pod.name}' if pod else 'no pod'}"


@app.get("/admin")
async def administer(caller: Admin) -> str:
    return f"hello, administrator {caller.subject}"


@app.get("/readyz")
async def ready() -> Response:
    return Response(status_code=503 if app.state.cluster.is_stale else 200)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    listening = socket.create_server(("127.0.0.1", options.port))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listening])
