"""The token by which whoever has a message unsubscribes its address."""

from uuid import UUID

from lodestar import signing

UNSUBSCRIBE = "unsubscribe"
ID_BYTES = 16


def unsubscribe_token(org_id: UUID, delivery_id: UUID) -> str:
    """What the address in a message's List-Unsubscribe ends with."""
    return signing.sealed(UNSUBSCRIBE, org_id.bytes + delivery_id.bytes)


def unsubscribed(token: str) -> tuple[UUID, UUID] | None:
    """The organization and the delivery of an `unsubscribe_token`; None of anything else."""
    content = signing.unsealed(UNSUBSCRIBE, token)
    if content is None or len(content) != 2 * ID_BYTES:
        return None
    return UUID(bytes=content[:ID_BYTES]), UUID(bytes=content[ID_BYTES:])
