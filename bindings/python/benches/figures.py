"""What a verification costs in Python, in one run: ours beside PyJWT and Authlib. Prints a line of JSON for each row.

Needs the packages of requirements.txt, and the package boundtoken in a release build. Every contender gets the same tokens,
its keys are loaded once, and it checks issuer, audience and times. Rounds take turns, and the best round of each counts.
"""

from __future__ import annotations

import json
import platform
import sys
import time
import uuid
import warnings
from collections.abc import Callable
from importlib import metadata

import boundtoken
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISSUER, AUDIENCE = "https://kubernetes.default.svc.cluster.local", "vault"
TOKENS = 256
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 40
#: About how long one round takes, in seconds. It is short, so that some rounds pass undisturbed even on a busy machine.
ROUND = 0.005

Verify = Callable[[str], object]


def claims(number: int, uid: str) -> dict[str, object]:
    now = int(time.time())
    pod, node = {"name": f"app-{number}", "uid": uid}, {"name": "node-1", "uid": str(uuid.UUID(int=1))}
    account = {"name": "app", "uid": str(uuid.UUID(int=2))}
    return {
        "aud": [AUDIENCE],
        "exp": now + 3_600,
        "iat": now,
        "iss": ISSUER,
        "jti": str(uuid.UUID(int=number)),
        "kubernetes.io": {"namespace": "demo", "node": node, "pod": pod, "serviceaccount": account},
        "nbf": now,
        "sub": "system:serviceaccount:demo:app",
    }


def ours(jwks: str, tokens: list[str], store: boundtoken.ObjectStore, *, again: bool) -> Verify:
    issuer = boundtoken.TrustedIssuer(ISSUER, boundtoken.KeySet.from_jwks(jwks), bound_objects=store)
    verifier = boundtoken.Verifier(issuers=[issuer], audiences=[AUDIENCE], cached_tokens=10_000 if again else 0)
    verify = verifier.verify
    for token in tokens:
        assert verify(token).confirmed == boundtoken.Confirmed.LIVE
    return lambda token: verify(token).subject


def pyjwt(key: object, algorithm: str) -> Verify:
    algorithms, options = [algorithm], {"require": ["exp"]}
    return lambda token: jwt.decode(token, key, algorithms=algorithms, audience=AUDIENCE, issuer=ISSUER, options=options)["sub"]


def authlib(pem: bytes, algorithm: str) -> Verify:
    warnings.filterwarnings("ignore")
    from authlib.jose import JsonWebKey, JsonWebToken

    reader = JsonWebToken([algorithm])
    key = JsonWebKey.import_key(pem, {"kty": "RSA" if algorithm == "RS256" else "EC"})
    options = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": AUDIENCE},
        "exp": {"essential": True},
    }

    def verify(token: str) -> object:
        read = reader.decode(token, key, claims_options=options)
        read.validate()
        return read["sub"]

    return verify


def measure(contenders: dict[str, Verify], tokens: list[str]) -> dict[str, float]:
    """Nanoseconds of each, with what it costs to call a function that does nothing taken off."""
    contenders = {**contenders, "nothing": lambda token: token}
    best = dict.fromkeys(contenders, float("inf"))
    counts = dict.fromkeys(contenders, TOKENS)
    for number in range(ROUNDS + 5):
        for name, verify in contenders.items():
            count, places = counts[name], len(tokens)
            batch = [tokens[place % places] for place in range(count)]
            start = time.perf_counter_ns()
            for token in batch:
                verify(token)
            each = (time.perf_counter_ns() - start) / count
            if number >= 5:
                best[name] = min(best[name], each)
            counts[name] = max(16, int(ROUND * 1e9 / each))
    nothing = best.pop("nothing")
    return {name: time_ - nothing for name, time_ in best.items()}


def main() -> None:
    names = {"PyJWT": metadata.version("PyJWT"), "Authlib": metadata.version("Authlib"), "boundtoken": boundtoken.__version__}
    print(json.dumps({"python": platform.python_version(), "versions": names, "build": boundtoken.build_info()}))
    for algorithm in ("RS256", "ES256"):
        private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = (
            rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
        )
        public = private.public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        kid = boundtoken.KeySet.from_pem(pem).kids[0]
        published = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(public))
        jwks = json.dumps({"keys": [{**published, "kid": kid, "alg": algorithm, "use": "sig"}]})
        store, tokens = boundtoken.ObjectStore(), []
        store.upsert(boundtoken.ObjectKind.SERVICE_ACCOUNT, "demo", "app", str(uuid.UUID(int=2)))
        for number in range(TOKENS):
            uid = str(uuid.uuid4())
            store.upsert(boundtoken.ObjectKind.POD, "demo", f"app-{number}", uid)
            tokens.append(jwt.encode(claims(number, uid), private, algorithm=algorithm, headers={"kid": kid}))
        contenders = {
            "boundtoken": ours(jwks, tokens, store, again=False),
            "boundtoken, seen again": ours(jwks, tokens, store, again=True),
            "PyJWT": pyjwt(public, algorithm),
            "Authlib": authlib(pem, algorithm),
        }
        times = measure(contenders, tokens)
        for name, nanoseconds in times.items():
            ratio = nanoseconds / times["boundtoken"]
            row = {"algorithm": algorithm, "name": name, "nanoseconds": round(nanoseconds), "ratio": round(ratio, 3)}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
