"""A shop in FastAPI. `install` adds the middleware and delivers what waits when the server stops."""

import firsthand
from fastapi import BackgroundTasks, FastAPI
from firsthand.integrations.starlette import install

app = FastAPI()
install(app)


def send_mail(order_id: str) -> None:
    firsthand.track("Mail Sent", {"order_id": order_id})  # runs after the answer, and still knows who it is about


@app.post("/orders/{order_id}")
async def order(order_id: str, background: BackgroundTasks) -> dict[str, bool]:
    firsthand.track("Order Completed", {"order_id": order_id, "total": 9.9}, message_id=f"order-{order_id}")
    background.add_task(send_mail, order_id)
    return {"ok": True}
