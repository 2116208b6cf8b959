"""Uses a development server with the official client for Python. KUBECONFIG names the server."""

import threading

from kubernetes import client, config, watch

config.load_kube_config()
core, authentication = client.CoreV1Api(), client.AuthenticationV1Api()

core.create_namespace({"metadata": {"name": "python"}})
core.create_namespaced_service_account("python", {"metadata": {"name": "app"}})
before = core.list_namespaced_pod("python")
assert before.items == []

events = []


def follow():
    stream = watch.Watch().stream(
        core.list_namespaced_pod, "python", resource_version=before.metadata.resource_version, timeout_seconds=20
    )
    for event in stream:
        events.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            return


follower = threading.Thread(target=follow)
follower.start()

pod = core.create_namespaced_pod(
    "python",
    client.V1Pod(
        metadata=client.V1ObjectMeta(name="web"),
        spec=client.V1PodSpec(
            service_account_name="app",
            containers=[client.V1Container(name="web", image="registry.example.com/web")],
        ),
    ),
)
issued = core.create_namespaced_service_account_token(
    "app",
    "python",
    client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(
            audiences=["vault"],
            expiration_seconds=900,
            bound_object_ref=client.V1BoundObjectReference(
                kind="Pod", api_version="v1", name="web", uid=pod.metadata.uid
            ),
        )
    ),
)
assert issued.spec.expiration_seconds == 900, issued.spec
lifetime = issued.status.expiration_timestamp - issued.metadata.creation_timestamp
assert lifetime.total_seconds() == 900, lifetime


def review():
    spec = client.V1TokenReviewSpec(token=issued.status.token, audiences=["vault", "other"])
    return authentication.create_token_review(client.V1TokenReview(spec=spec)).status


verdict = review()
assert verdict.authenticated and verdict.audiences == ["vault"], verdict
assert verdict.user.username == "system:serviceaccount:python:app", verdict
assert verdict.user.extra["authentication.kubernetes.io/pod-uid"] == [pod.metadata.uid], verdict

try:
    core.create_namespaced_service_account_token("missing", "python", {"spec": {"audiences": ["vault"]}})
    raise AssertionError("a token for a service account that does not exist")
except client.ApiException as refusal:
    assert refusal.status == 404 and 'serviceaccounts \\"missing\\" not found' in refusal.body, refusal

core.delete_namespaced_pod("web", "python", grace_period_seconds=0)
verdict = review()
assert not verdict.authenticated and "has been invalidated" in verdict.error, verdict

follower.join(30)
assert events[0] == ("ADDED", "web") and events[-1] == ("DELETED", "web"), events
print("ok")
