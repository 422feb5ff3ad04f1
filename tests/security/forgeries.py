"""Credentials that must open no door: tokens forged, tampered with or meant for others, and API keys that are none."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.user_pool import ISSUER, UserPool, a_key

Forge = Callable[[UserPool, str], str]
"""A credential that claims to be the account with this subject."""
KID = {"kid": "first"}
TOMORROW = 86_400
"""In seconds: a token that is not good yet must not become good while the suite runs."""
EVIL = "http://127.0.0.1:9/keys"
"""Where a token says its keys are; the suite puts the address of its own listener there."""


def b64(value: object) -> str:
    """Base64url of bytes, or of anything else's JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def public_key(pool: UserPool, encoding: serialization.Encoding) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return pool.keys["first"].public_key().public_bytes(encoding, form)


def unsigned(header: object, signature: bytes = b"") -> Forge:
    return lambda pool, subject: f"{b64(header)}.{b64(pool.claims(subject))}.{b64(signature)}"


def by_hmac(secret: Callable[[UserPool], bytes], algorithm: str = "HS256", kid: str = "first") -> Forge:
    """RS/HS confusion: what everybody knows of the key as an HMAC secret."""

    def forge(pool: UserPool, subject: str) -> str:
        head = f"{b64({'alg': algorithm, 'kid': kid, 'typ': 'JWT'})}.{b64(pool.claims(subject))}"
        digest = hmac.new(secret(pool), head.encode(), algorithm.replace("HS", "sha")).digest()
        return f"{head}.{b64(digest)}"

    return forge


def by_stranger(**header: Any) -> Forge:
    """Signed well, by a key that is not the pool's."""
    return lambda pool, subject: raw_signed(
        a_key("stranger"), {"alg": "RS256", **header}, pool.claims(subject)
    )


def by_pool(**header: Any) -> Forge:
    """Signed by the pool's key, under a header that it would not write."""
    return lambda pool, subject: raw_signed(
        pool.keys["first"], {"alg": "RS256", **KID, **header}, pool.claims(subject)
    )


def raw_signed(key: RSAPrivateKey, header: object, payload: object) -> str:
    """RS256 over whatever is given: the library would refuse to write some of it."""
    head = f"{b64(header)}.{b64(payload)}"
    return f"{head}.{b64(_rs256(key, head))}"


def _rs256(key: RSAPrivateKey, head: str) -> bytes:
    return jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(head.encode(), key)


def by_algorithm(algorithm: str, key: Callable[[UserPool], Any]) -> Forge:
    return lambda pool, subject: jwt.encode(pool.claims(subject), key(pool), algorithm=algorithm, headers=KID)


def claiming(**changes: Any) -> Forge:
    """Signed by the pool, for another use than ours. A change to None leaves the claim out; OURS is our client."""

    def forge(pool: UserPool, subject: str) -> str:
        given = {name: _named(value, pool) for name, value in changes.items()}
        return raw_signed(pool.keys["first"], {"alg": "RS256", **KID}, pool.claims(subject, **given))

    return forge


OURS = object()


def _named(value: Any, pool: UserPool) -> Any:
    if isinstance(value, list):
        return [_named(one, pool) for one in value]
    return pool.client_id if value is OURS else value


def saying(payload: object) -> Forge:
    """Signed by the pool, and no claims at all."""
    return lambda pool, _subject: raw_signed(pool.keys["first"], {"alg": "RS256", **KID}, payload)


def reshaped(change: Callable[[str, str, str], str]) -> Forge:
    """A good token, changed: `change` gets its three parts."""

    def forge(pool: UserPool, subject: str) -> str:
        head, payload, signature = pool.token(subject).split(".")
        return change(head, payload, signature)

    return forge


def flipped(part: str, at: int) -> str:
    """One character of a part changed to another of its alphabet."""
    return part[:at] + ("A" if part[at] != "A" else "B") + part[at + 1 :]


def with_claims_of(pool: UserPool, subject: str) -> str:
    """Another account's token under this account's claims."""
    head, _, signature = pool.token(str(uuid4())).split(".")
    return f"{head}.{b64(pool.claims(subject))}.{signature}"


def twice_the_subject(pool: UserPool, subject: str) -> str:
    """The signature of a good token under claims that name a subject twice."""
    head, _, signature = pool.token(str(uuid4())).split(".")
    claims = json.dumps(pool.claims(str(uuid4()))).removesuffix("}")
    twice = f'{claims}, "sub": "{subject}"}}'
    return f"{head}.{b64(twice.encode())}.{signature}"


def jwk_of(key: RSAPrivateKey) -> dict[str, Any]:
    found: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**found, "kid": "stranger", "alg": "RS256"}


def now(seconds: int) -> int:
    return int(time.time()) + seconds


PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
OTHER_POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"
ALGORITHM: dict[str, Forge] = {
    **{f"unsigned: alg {name!r}": unsigned({"alg": name, **KID}) for name in ("none", "None", "NONE", "nOnE", "", "none ")},
    "unsigned: alg null": unsigned({"alg": None, **KID}),
    "unsigned: no alg": unsigned(KID),
    "unsigned: alg in a list": unsigned({"alg": ["none"], **KID}),
    "alg none with a signature": unsigned({"alg": "none", **KID}, b"signed"),
    "RS256 without a signature": unsigned({"alg": "RS256", **KID}),
    "RS256 with zeros": unsigned({"alg": "RS256", **KID}, bytes(256)),
    "HMAC with the public key": by_hmac(lambda p: public_key(p, PEM)),
    "HMAC with the public key, stripped": by_hmac(lambda p: public_key(p, PEM).strip()),
    "HMAC with the public key in DER": by_hmac(lambda p: public_key(p, DER)),
    "HMAC with the key's JWK": by_hmac(lambda p: json.dumps(jwk_of(p.keys["first"])).encode()),
    "HMAC with nothing": by_hmac(lambda _: b""),
    "HMAC with the client's id": by_hmac(lambda p: p.client_id.encode()),
    "HS384 with the public key": by_hmac(lambda p: public_key(p, PEM), "HS384"),
    "HS512 with the public key": by_hmac(lambda p: public_key(p, PEM), "HS512"),
    "HMAC with the key /dev/null": by_hmac(lambda _: b"", kid="../../../../../dev/null"),
    "RS384": by_algorithm("RS384", lambda p: p.keys["first"]),
    "RS512": by_algorithm("RS512", lambda p: p.keys["first"]),
    "PS256": by_algorithm("PS256", lambda p: p.keys["first"]),
    "an elliptic key": by_algorithm("ES256", lambda _: ec.generate_private_key(ec.SECP256R1())),
    "an Edwards key": by_algorithm("EdDSA", lambda _: ed25519.Ed25519PrivateKey.generate()),
    "alg in small letters": by_pool(alg="rs256"),
}  # fmt: skip
KEY: dict[str, Forge] = {
    "a stranger's key under the pool's id": by_stranger(**KID),
    **{
        f"a key id that is {name}": by_stranger(kid=kid)
        for name, kid in {
            "unknown": "other", "empty": "", "a path": "../../dev/null", "SQL": "x' UNION SELECT 'y", "a number": 1,
            "null": None, "a list": ["first"], "an object": {"first": 1}, "a URL": EVIL, "in capitals": "FIRST",
            "ended by NUL": "first\0", "a command": "first;$(id)", "very long": "k" * 5000, "not ASCII": "fïrst",
        }.items()
    },
    "no key id": by_stranger(),
    "no key id, the pool's own signature": lambda p, s: raw_signed(p.keys["first"], {"alg": "RS256"}, p.claims(s)),
    "jku": by_stranger(kid="stranger", jku=EVIL),
    "jku under the pool's id": by_stranger(**KID, jku=EVIL),
    "x5u": by_stranger(kid="stranger", x5u=EVIL),
    "jwk": by_stranger(kid="stranger", jwk=jwk_of(a_key("stranger"))),
    "jwk under the pool's id": by_stranger(**KID, jwk=jwk_of(a_key("stranger"))),
    "x5c": by_stranger(kid="stranger", x5c=[b64(b"certificate")]),
    "x5t": by_stranger(kid="stranger", x5t=b64(hashlib.sha1(b"certificate").digest())),
    "a critical extension": by_pool(crit=["exp"]),
    "an unencoded payload": by_pool(crit=["b64"], b64=False),
    "a payload out of band": by_pool(b64=False),
}  # fmt: skip
CLAIMS: dict[str, Forge] = {
    **{f"issuer: {name}": claiming(iss=iss) for name, iss in {
        "another pool": OTHER_POOL, "none": None, "with a slash": f"{ISSUER}/", "in capitals": ISSUER.upper(),
        "its beginning": ISSUER[:-1], "a list": [ISSUER], "empty": "", "a page of ours": f"{ISSUER}.example",
    }.items()},
    **{f"client: {name}": claiming(client_id=client) for name, client in {
        "another": "other", "none": None, "empty": "", "true": True,
    }.items()},
    "client: ours in a list": claiming(client_id=[OURS]),
    "client: as an audience only": claiming(client_id=None, aud=OURS),
    "ID token of another client": claiming(token_use="id", client_id=None, aud="other"),
    "ID token for a client among others": claiming(token_use="id", client_id=None, aud=[OURS, "other"]),
    "ID token with a client only": claiming(token_use="id"),
    **{f"use: {use!r}": claiming(token_use=use) for use in ("refresh", "ACCESS", "access ", "", None, 1, "id_token")},
    "expired a minute ago": claiming(iat=now(-7200), exp=now(-60)),
    "expired in 1970": claiming(exp=0),
    "expired before 1970": claiming(exp=-1),
    "no expiry": claiming(exp=None),
    "an expiry in words": claiming(exp="never"),
    "not yet valid": claiming(nbf=now(TOMORROW)),
    "not valid in words": claiming(nbf="later"),
    "issued in the future": claiming(iat=now(TOMORROW)),
    "issued at no time": claiming(iat=None),
    "issued in words": claiming(iat="today"),
    "no subject": claiming(sub=None),
    "a subject that is a number": claiming(sub=1),
    "a subject in a list": claiming(sub=["somebody"]),
    "claims that are a list": saying(["sub"]),
    "claims that are a text": saying("sub"),
    "claims that are null": saying(None),
    "claims that are no JSON": saying(b"{"),
}  # fmt: skip
SHAPE: dict[str, Forge] = {
    "another's signature": with_claims_of,
    "a subject twice": twice_the_subject,
    "a changed bit of the signature": reshaped(lambda h, p, s: f"{h}.{p}.{flipped(s, 10)}"),
    "a changed bit of the claims": reshaped(lambda h, p, s: f"{h}.{flipped(p, 40)}.{s}"),
    "a changed bit of the header": reshaped(lambda h, p, s: f"{flipped(h, 12)}.{p}.{s}"),
    "cut off": reshaped(lambda h, p, s: f"{h}.{p}.{s[:-20]}"),
    "claims cut off": reshaped(lambda h, p, s: f"{h}.{p[:-8]}.{s}"),
    "two parts": reshaped(lambda h, p, s: f"{h}.{p}"),
    "one part": reshaped(lambda h, p, s: p),
    "four parts": reshaped(lambda h, p, s: f"{h}.{p}.{s}.{s}"),
    "five parts": reshaped(lambda h, p, s: f"{h}..{p}.{s}.{s}"),
    "parts in another order": reshaped(lambda h, p, s: f"{p}.{h}.{s}"),
    "an empty header": reshaped(lambda h, p, s: f".{p}.{s}"),
    "empty claims": reshaped(lambda h, p, s: f"{h}..{s}"),
    "dots": reshaped(lambda h, p, s: ".."),
    "escaped dots": reshaped(lambda h, p, s: f"{h}%2E{p}%2E{s}"),
    "white space within": reshaped(lambda h, p, s: f"{h}. {p}.{s}"),
    "a line break within": reshaped(lambda h, p, s: f"{h}.{p}\n.{s}"),
    "NUL within": reshaped(lambda h, p, s: f"{h}.{p}.\0{s}"),
    "a space of no width": reshaped(lambda h, p, s: f"{h}.{p}.{s}\u200b"),
    "a letter that looks alike": reshaped(lambda h, p, s: f"{h}.{p}.{s}".replace("e", "е", 1)),
    "not ASCII": reshaped(lambda h, p, s: "ö.ö.ö"),
    "a lone surrogate": reshaped(lambda h, p, s: "\ud800.a.b"),
    "a header that is a list": reshaped(lambda h, p, s: f"{b64(['RS256'])}.{p}.{s}"),
    "a header that is no JSON": reshaped(lambda h, p, s: f"{b64(b'{')}.{p}.{s}"),
    "a header that is no text": reshaped(lambda h, p, s: f"{b64(bytes(range(128, 200)))}.{p}.{s}"),
    "a header that is deep": reshaped(lambda h, p, s: f"{b64(b'[' * 100_000)}.{p}.{s}"),
    "a header of a megabyte": unsigned({"alg": "RS256", **KID, "x": "x" * 1_000_000}),
    "claims of a megabyte": lambda p, s: f"{b64({'alg': 'RS256', **KID})}.{b64(b'x' * 1_000_000)}.{b64(bytes(256))}",
    "the word undefined": reshaped(lambda h, p, s: "undefined"),
    "the subject itself": lambda p, s: s,
    "two tokens": reshaped(lambda h, p, s: f"{h}.{p}.{s} {h}.{p}.{s}"),
    "two tokens and a comma": reshaped(lambda h, p, s: f"{h}.{p}.{s},{h}.{p}.{s}"),
    "a token and a scheme": reshaped(lambda h, p, s: f"Bearer {h}.{p}.{s}"),
    "in quotes": reshaped(lambda h, p, s: f'"{h}.{p}.{s}"'),
}  # fmt: skip
TOKENS = {**ALGORITHM, **KEY, **CLAIMS, **SHAPE}

FROM_A_KEY: dict[str, Callable[[str], str]] = {
    "the key's hash": lambda key: hashlib.sha256(key.encode()).hexdigest(),
    "the key's hash as a key": lambda key: f"lsk_{hashlib.sha256(key.encode()).hexdigest()}",
    "its shown beginning": lambda key: key[:12],
    "its beginning, filled up": lambda key: key[:12].ljust(len(key), "A"),
    "the last character off": lambda key: flipped(key, len(key) - 1),
    "the first character off": lambda key: flipped(key, 4),
    "one in the middle off": lambda key: flipped(key, 20),
    "cut by one": lambda key: key[:-1],
    "longer by one": lambda key: f"{key}A",
    "in other letters": lambda key: f"lsk_{key[4:].swapcase()}",
    "a prefix in capitals": lambda key: f"LSK_{key[4:]}",
    "another environment's": lambda key: f"lsk_test_{key[4:]}",
    "another vendor's": lambda key: f"sk_{key[4:]}",
    "without its prefix": lambda key: key[4:],
    "the prefix alone": lambda _: "lsk_",
    "twice": lambda key: key + key,
    "with a space within": lambda key: f"{key[:20]} {key[20:]}",
    "with NUL at the end": lambda key: f"{key}\0",
    "with a line break": lambda key: f"{key[:20]}\n{key[20:]}",
    "with SQL": lambda key: f"{key[:-1]}' OR '1'='1",
    "a pattern": lambda _: "lsk_%",
    "escaped": lambda key: key.replace("_", "%5F", 1),
    "not ASCII": lambda key: f"{key}é",
    "a guess": lambda _: "lsk_00000000000000000000000000000000000000000000",
}
"""What one who knows something of a good key may try."""

AROUND: dict[str, Callable[[str], dict[str, list[str]]]] = {
    "nothing": lambda _: {},
    "an empty header": lambda _: {"Authorization": [""]},
    "the scheme alone": lambda _: {"Authorization": ["Bearer"]},
    "the scheme and a space": lambda _: {"Authorization": ["Bearer "]},
    "no scheme": lambda good: {"Authorization": [good]},
    "Basic": lambda good: {"Authorization": [f"Basic {good}"]},
    "Basic, encoded": lambda good: {"Authorization": [f"Basic {base64.b64encode(good.encode()).decode()}"]},
    "Token": lambda good: {"Authorization": [f"Token {good}"]},
    "JWT": lambda good: {"Authorization": [f"JWT {good}"]},
    "DPoP": lambda good: {"Authorization": [f"DPoP {good}"]},
    "Negotiate": lambda good: {"Authorization": [f"Negotiate {good}"]},
    "a colon": lambda good: {"Authorization": [f"Bearer: {good}"]},
    "an equals sign": lambda good: {"Authorization": [f"Bearer={good}"]},
    "a tab": lambda good: {"Authorization": [f"Bearer\t{good}"]},
    "a scheme before it": lambda good: {"Authorization": [f"Basic YTpi, Bearer {good}"]},
    "a parameter": lambda good: {"Authorization": [f'Bearer token="{good}"']},
    "two headers": lambda good: {"Authorization": [f"Bearer {good}", f"Bearer {good}"]},
    "a forged header first": lambda good: {"Authorization": ["Bearer forged", f"Bearer {good}"]},
    "a forged header last": lambda good: {"Authorization": [f"Bearer {good}", "Bearer forged"]},
    "two spellings": lambda good: {"Authorization": ["Bearer forged"], "authorization": [f"Bearer {good}"]},
    "another header": lambda good: {"X-Authorization": [f"Bearer {good}"]},
    "Amazon's header": lambda good: {"X-Amzn-Remapped-Authorization": [f"Bearer {good}"]},
    "a proxy's header": lambda good: {"Proxy-Authorization": [f"Bearer {good}"]},
    "a cookie": lambda good: {"Cookie": [f"Authorization=Bearer {good}; access_token={good}"]},
    "a key's header": lambda good: {"X-Api-Key": [good]},
}
"""A good credential brought in another way than the one."""
