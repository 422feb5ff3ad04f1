"""Zoom's meetings, recordings and webhooks: https://developers.zoom.us/docs/api/meetings/"""

from simulators.zoom.account import Account
from simulators.zoom.app import create_app
from simulators.zoom.webhook import Webhook, orders_router

__all__ = ["Account", "Webhook", "create_app", "orders_router"]
