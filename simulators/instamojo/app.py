"""Payment requests and their webhook. Source: https://docs.instamojo.com/docs/payments-api

The buyer is played too: some seconds after a request was made, it is paid, or the card is declined. Words in the buyer's
address decide: declined@, never@ (who does not pay), anybody else pays but for the ordered share.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse

from simulators.callbacks import Callback
from simulators.control import VendorFault
from simulators.desk import Desk

VENDOR = "instamojo"
SALT = "simulator"
LEAST_AMOUNT, MOST_AMOUNT = Decimal(9), Decimal(200_000)
LONGEST_PURPOSE = 30
_WORDS = {429: "Too many requests.", 500: "Internal server error.", 503: "Service unavailable."}


class ApiError(Exception):
    """A refusal: `message` is a text, or the faults by field."""

    def __init__(self, status: int, message: str | dict[str, list[str]]) -> None:
        super().__init__(str(message))
        self.status, self.message = status, message


def create_app(desk: Desk) -> FastAPI:
    """The API under whichever path it is mounted."""
    app = FastAPI(title="Instamojo API", dependencies=[Depends(_key), Depends(desk.control.gate(VENDOR))])
    app.add_exception_handler(ApiError, _answered)
    app.add_exception_handler(VendorFault, _fault)
    requests: dict[str, dict[str, Any]] = {}
    desk.control.on_reset(requests.clear)

    @app.post("/api/1.1/payment-requests/", status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        given = dict(parse_qsl((await request.body()).decode()))
        made = _payment_request(given)
        requests[made["id"]] = made
        desk.journal.add(VENDOR, "payment_request.create", **{**given, "payment_request_id": made["id"]})
        _play_buyer(desk, made)
        return {"success": True, "payment_request": made}

    @app.get("/api/1.1/payment-requests/{name}/")
    async def read(name: str) -> dict[str, Any]:
        if name not in requests:
            raise ApiError(404, "Payment Request not found")
        return {"success": True, "payment_request": requests[name]}

    @app.get("/api/1.1/payments/{name}/")
    async def read_payment(name: str) -> dict[str, Any]:
        for made in requests.values():
            for payment in made["payments"]:
                if payment["payment_id"] == name:
                    return {"success": True, "payment": payment}
        raise ApiError(404, "Payment not found")

    return app


def sign(fields: Mapping[str, str]) -> str:
    """The `mac`: HMAC-SHA1 with the private salt over the values, ordered by their lower-case names, joined by bars."""
    message = "|".join(fields[name] for name in sorted(fields, key=str.lower) if name != "mac")
    return hmac.new(SALT.encode(), message.encode(), hashlib.sha1).hexdigest()


def _key(
    x_api_key: Annotated[str | None, Header()] = None, x_auth_token: Annotated[str | None, Header()] = None
) -> None:
    if not x_api_key or not x_auth_token:
        raise ApiError(401, "Unauthorized")


def _payment_request(given: Mapping[str, str]) -> dict[str, Any]:
    faults: dict[str, list[str]] = {}
    try:
        amount = Decimal(given.get("amount", ""))
        if not LEAST_AMOUNT <= amount <= MOST_AMOUNT:
            faults["amount"] = [f"Amount must lie between {LEAST_AMOUNT} and {MOST_AMOUNT}."]
    except InvalidOperation:
        amount = Decimal(0)
        faults["amount"] = ["A valid number is required."]
    purpose = given.get("purpose", "")
    if not 0 < len(purpose) <= LONGEST_PURPOSE:
        faults["purpose"] = [f"Ensure this field has 1 to {LONGEST_PURPOSE} characters."]
    if faults:
        raise ApiError(400, faults)
    name, now = uuid4().hex, datetime.now(UTC).isoformat()
    return {
        "id": name,
        "phone": given.get("phone"),
        "email": given.get("email"),
        "buyer_name": given.get("buyer_name"),
        "amount": f"{amount:.2f}",
        "purpose": purpose,
        "expires_at": None,
        "status": "Pending",
        "send_sms": given.get("send_sms") == "True",
        "send_email": given.get("send_email") == "True",
        "sms_status": None,
        "email_status": None,
        "shorturl": None,
        "longurl": f"https://test.instamojo.invalid/@simulator/{name}",
        "redirect_url": given.get("redirect_url"),
        "webhook": given.get("webhook"),
        "allow_repeated_payments": given.get("allow_repeated_payments", "True") == "True",
        "payments": [],
        "created_at": now,
        "modified_at": now,
    }


def _play_buyer(desk: Desk, made: dict[str, Any]) -> None:
    rng = desk.control.fate(VENDOR, f"{made['email']}/{made['purpose']}/{made['amount']}")
    word = (made["email"] or "").partition("@")[0].partition("+")[0]
    if word == "never":
        return
    fails = word == "declined" or rng.random() < desk.control.orders[VENDOR].undelivered_rate

    def pay() -> None:
        payment = {
            "payment_id": f"MOJO{rng.randrange(10**16):016}",
            "status": "Failed" if fails else "Credit",
            "amount": made["amount"],
            "currency": "INR",
            "fees": f"{Decimal(made['amount']) * Decimal('0.02'):.2f}",
            "buyer_name": made["buyer_name"],
            "buyer_phone": made["phone"],
            "buyer_email": made["email"],
            "failure": {"reason": "CARD_DECLINED", "message": "The card was declined."} if fails else None,
            "created_at": datetime.now(UTC).isoformat(),
        }
        made["payments"].append(payment)
        made["status"] = "Pending" if fails else "Completed"
        made["modified_at"] = payment["created_at"]
        _post(desk, made, payment)

    desk.timeline.after(desk.control.seconds(VENDOR, 5, 10, rng=rng), pay)


def _post(desk: Desk, made: Mapping[str, Any], payment: Mapping[str, Any]) -> None:
    fields = {
        "amount": payment["amount"],
        "buyer": made["email"] or "",
        "buyer_name": made["buyer_name"] or "",
        "buyer_phone": made["phone"] or "",
        "currency": "INR",
        "fees": payment["fees"],
        "longurl": made["longurl"],
        "payment_id": payment["payment_id"],
        "payment_request_id": made["id"],
        "purpose": made["purpose"],
        "shorturl": made["shorturl"] or "",
        "status": payment["status"],
    }
    body = urlencode({**fields, "mac": sign(fields)}).encode()
    desk.callbacks.deliver(Callback(VENDOR, body, _headers))


def _headers(_: bytes, __: int) -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded"}


def _answered(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    return JSONResponse({"success": False, "message": error.message}, error.status)


def _fault(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    return JSONResponse({"success": False, "message": _WORDS[error.status]}, error.status)
