"""Uses the installed package as a program does: no pytest, no source. The argument is a folder of captured tokens."""

import json
import sys
from importlib import metadata
from pathlib import Path

import boundtoken

folder = Path(sys.argv[1])
tokens = json.loads((folder / "tokens.json").read_text())
objects = boundtoken.ObjectStore.from_json(json.dumps(json.loads((folder / "objects.json").read_text())["before"]))
keys = boundtoken.KeySet.from_jwks((folder / "jwks.json").read_bytes())
issuer = boundtoken.TrustedIssuer("https://kubernetes.default.svc.cluster.local", keys, bound_objects=objects)
with boundtoken.Verifier(issuers=[issuer], audiences=["vault"]) as verifier:
    caller = verifier.verify(tokens["pod-live"], now=1_795_522_300)
    assert caller.subject == "system:serviceaccount:demo:app", caller
    assert objects.delete(boundtoken.ObjectKind.POD, "demo", "live")
    (refusal,) = verifier.verify_batch([tokens["pod-live"]], now=1_795_522_300)
    assert isinstance(refusal, boundtoken.BoundObjectsError), refusal
    assert refusal.reason == boundtoken.Reason.POD_NOT_FOUND, refusal

package = metadata.distribution("boundtoken")
files = {str(file) for file in package.files or ()}
assert package.version == boundtoken.__version__
assert "boundtoken/py.typed" in files
assert "boundtoken/_boundtoken.pyi" in files
for licence in ("LICENSE-APACHE", "LICENSE-MIT"):
    assert any(file.endswith(f".dist-info/licenses/{licence}") for file in files), files
assert "site-packages" in str(Path(boundtoken.__file__)), boundtoken.__file__
print(f"boundtoken {package.version} works as it was installed, with {boundtoken.build_info()['cryptography']}")
