"""The Event Webhook's signature.

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import base64
import hashlib
import time

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""FIPS 186-4, D.1.2.3."""


class Signer:
    """A key made from a seed: the same seed, the same key."""

    def __init__(self, seed: int) -> None:
        digest = hashlib.sha256(f"sendgrid/{seed}".encode()).digest()
        secret = int.from_bytes(digest, "big") % (ORDER_OF_P256 - 1) + 1
        self._key = ec.derive_private_key(secret, ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """As SendGrid shows it: base64 of the DER form."""
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def headers(self, body: bytes, *, timestamp: int | None = None) -> dict[str, str]:
        """An attempt's headers, signed for now."""
        moment = str(int(time.time()) if timestamp is None else timestamp)
        signature = self._key.sign(moment.encode() + body, ec.ECDSA(SHA256()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "SendGrid Event API",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": moment,
        }
