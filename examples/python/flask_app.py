"""A shop in Flask. The extension knows the visitor; the view only says what happened."""

import firsthand
from firsthand.integrations.flask import Firsthand
from flask import Flask, session

app = Flask(__name__)
app.secret_key = "only for this example"
Firsthand(app, user_id=lambda: session.get("user_id"))


@app.post("/login/<user_id>")
def login(user_id: str) -> str:
    session["user_id"] = user_id
    firsthand.identify(user_id, {"plan": "free"})
    return "welcome"


@app.post("/orders/<order_id>")
def order(order_id: str) -> dict[str, bool]:
    firsthand.track("Order Completed", {"order_id": order_id, "total": 9.9}, message_id=f"order-{order_id}")
    return {"ok": True}
