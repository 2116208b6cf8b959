"""A development server, which stands in for a cluster."""

from __future__ import annotations

import base64
import json
import signal
import ssl
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import rust


class DevServer:
    """A running server with the service account demo/app."""

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
        self.create("namespaces", {"metadata": {"name": "demo"}}, namespace=None)
        self.create("serviceaccounts", {"metadata": {"name": "app"}})

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

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
