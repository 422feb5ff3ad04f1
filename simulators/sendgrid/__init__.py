"""SendGrid's Mail Send and Event Webhook: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send"""

from simulators.sendgrid.app import create_app
from simulators.sendgrid.signing import Signer

__all__ = ["Signer", "create_app"]
