"""Where a delivery goes: a member's address of now, or the one that it is made out to."""

from sqlalchemy.orm import Session

from lodestar.contracts import identity
from lodestar.contracts.identity import Member
from lodestar.contracts.messaging import Channel
from messaging.models.deliveries import Delivery
from messaging.models.preferences import Preference
from messaging.repository import wishes
from messaging.rules import addresses


def address(one: Delivery, member: Member | None, wished: Preference | None) -> str | None:
    """Of a member by what is known of them; None when it goes nowhere."""
    if one.channel == Channel.EMAIL:
        return addresses.email(member.email if member else None if one.recipient_id else one.address)
    if one.channel in (Channel.WHATSAPP, Channel.VOICE):
        return addresses.phone(wished.phone if wished else None if one.recipient_id else one.address)
    return None


def address_of(session: Session, one: Delivery) -> str | None:
    """The same for one delivery: only what its channel needs is asked."""
    if one.recipient_id is None:
        return address(one, None, None)
    people = [one.recipient_id]
    if one.channel == Channel.EMAIL:
        return address(one, identity.members(session, people).get(one.recipient_id), None)
    return address(one, None, wishes.preferences(session, people).get(one.recipient_id))
