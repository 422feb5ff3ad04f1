"""AiSensy's campaign API and webhooks: https://aisensy.com/docs/api-docs/api-reference-docs/"""

from simulators.aisensy.app import create_app
from simulators.aisensy.fates import Fates
from simulators.aisensy.orders import Campaigns, orders_router

__all__ = ["Campaigns", "Fates", "create_app", "orders_router"]
