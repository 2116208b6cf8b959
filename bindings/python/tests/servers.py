"""API servers: the development server, which stands in for a cluster, and a real one."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import rust


class ApiServer:
    """A running API server, as its administrator sees it."""

    kubeconfig: Path
    url: str
    admin: str
    tls: ssl.SSLContext

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.admin}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, headers, method=method)
        with urlopen(request, context=self.tls, timeout=30) as response:
            return json.loads(response.read())

    def create(self, resource: str, manifest: dict[str, Any], namespace: str | None = "demo") -> None:
        scope = f"/namespaces/{namespace}" if namespace else ""
        self.call("POST", f"/api/v1{scope}/{resource}", manifest)

    def create_pod(self, name: str) -> None:
        spec = {"serviceAccountName": "app", "containers": [{"name": "app", "image": "registry.example.com/app"}]}
        self.create("pods", {"metadata": {"name": name}, "spec": spec})

    def delete_pod(self, name: str) -> None:
        self.call("DELETE", f"/api/v1/namespaces/demo/pods/{name}?gracePeriodSeconds=0")

    def token(self, pod: str | None = None, audience: str = "vault") -> str:
        """A new token for the audience, bound to the pod."""
        spec: dict[str, Any] = {"audiences": [audience]}
        if pod is not None:
            spec["boundObjectRef"] = {"kind": "Pod", "apiVersion": "v1", "name": pod}
        answer = self.call("POST", "/api/v1/namespaces/demo/serviceaccounts/app/token", {"spec": spec})
        return str(answer["status"]["token"])

    def create_account(self) -> None:
        self.create("namespaces", {"metadata": {"name": "demo"}}, namespace=None)
        self.create("serviceaccounts", {"metadata": {"name": "app"}})


class DevServer(ApiServer):
    """A development server with the service account demo/app."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.kubeconfig = folder / "kubeconfig"
        command = [rust.program(), "dev-server", "--quiet", "-o", "json", "--port", "0", "--kubeconfig", str(self.kubeconfig)]
        self.process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.process.stdout.readline()
        lines = dict(line.strip().split(": ", 1) for line in self.kubeconfig.read_text().splitlines() if ": " in line)
        self.url, self.admin = lines["server"], lines["token"]
        authority = base64.b64decode(lines["certificate-authority-data"]).decode()
        self.tls = ssl.create_default_context(cadata=authority)
        self.create_account()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


class RealServer(ApiServer):
    """A kube-apiserver with its etcd, of a folder that `make test-cluster` fills, with the service account demo/app."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder, self.programs, self.processes = folder, programs, list[subprocess.Popen[bytes]]()
        client, port, peer = free_ports(3)
        urls = [f"http://127.0.0.1:{number}" for number in (client, peer)]
        self.start(
            "etcd", "--name=test", "--unsafe-no-fsync", f"--data-dir={folder}/etcd",
            f"--listen-client-urls={urls[0]}", f"--advertise-client-urls={urls[0]}", f"--listen-peer-urls={urls[1]}",
            f"--initial-advertise-peer-urls={urls[1]}", f"--initial-cluster=test={urls[1]}",
        )  # fmt: skip
        (folder / "tokens.csv").write_text("admin-token,admin,admin,system:masters\n")
        key, issuer = folder / "key.pem", "https://kubernetes.default.svc.cluster.local"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
        self.start(
            "kube-apiserver", f"--etcd-servers={urls[0]}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            f"--secure-port={port}", f"--cert-dir={folder}/certificates", "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none", f"--service-account-signing-key-file={key}",
            f"--service-account-key-file={key}", f"--service-account-issuer={issuer}", f"--api-audiences={issuer}",
            "--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount",
            f"--token-auth-file={folder}/tokens.csv",
        )  # fmt: skip
        self.url, self.admin = f"https://127.0.0.1:{port}", "admin-token"
        self.wait_until_ready(folder / "certificates" / "apiserver.crt")
        self.create_account()
        authority = base64.b64encode((folder / "certificates" / "apiserver.crt").read_bytes()).decode()
        parts = {
            "clusters": {"cluster": {"server": self.url, "certificate-authority-data": authority}},
            "users": {"user": {"token": self.admin}},
            "contexts": {"context": {"cluster": "test", "user": "test"}},
        }
        kubeconfig = {name: [{"name": "test", **part}] for name, part in parts.items()}
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "test", **kubeconfig}))

    def start(self, program: str, *arguments: str) -> None:
        with (self.folder / f"{program}.log").open("wb") as log:
            self.processes.append(subprocess.Popen([self.programs / program, *arguments], stdout=log, stderr=log))

    def wait_until_ready(self, authority: Path) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            time.sleep(0.1)
            if authority.exists():
                try:
                    self.tls = ssl.create_default_context(cafile=str(authority))
                    request = Request(f"{self.url}/readyz", headers={"Authorization": f"Bearer {self.admin}"})
                    with urlopen(request, context=self.tls, timeout=30):
                        return
                except (URLError, OSError):
                    continue
        raise AssertionError((self.folder / "kube-apiserver.log").read_text()[-2000:])

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait(30)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def real_programs() -> Path | None:
    """The folder of kube-apiserver and etcd, if there is one."""
    folder = os.environ.get("BOUNDTOKEN_CLUSTER")
    return Path(folder) if folder else None
