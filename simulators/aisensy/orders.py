"""/_control/aisensy: campaigns as its dashboard has them, and messages that people write to the business."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from simulators.aisensy.fates import Fates


class Campaign(BaseModel):
    """An API campaign. `parameters` None takes any number."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["LIVE", "PAUSED"] = "LIVE"
    template: Literal["APPROVED", "PENDING", "REJECTED"] = "APPROVED"
    parameters: int | None = Field(default=None, ge=0, le=20)


class Inbound(BaseModel):
    """What somebody writes."""

    model_config = ConfigDict(extra="forbid")

    phone: str
    text: str
    name: str = ""


class Campaigns:
    """Those that were set up here; any other name is a live campaign, unless it begins with `unknown`."""

    def __init__(self) -> None:
        self._campaigns: dict[str, Campaign] = {}

    def put(self, name: str, campaign: Campaign) -> None:
        self._campaigns[name] = campaign

    def find(self, name: str) -> Campaign | None:
        return self._campaigns.get(name) or (None if name.startswith("unknown") else Campaign())

    def clear(self) -> None:
        self._campaigns.clear()


def orders_router(campaigns: Campaigns, fates: Fates) -> APIRouter:
    """Set up a campaign; write as a person."""
    router = APIRouter(prefix="/_control/aisensy", tags=["control"])

    @router.put("/campaigns/{name}")
    async def put(name: str, body: Campaign) -> Campaign:
        campaigns.put(name, body)
        return body

    @router.post("/messages", status_code=202)
    async def write(body: Inbound) -> None:
        fates.write(phone=body.phone, text=body.text, name=body.name)

    return router
