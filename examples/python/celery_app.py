"""A shop whose payments are taken by Celery. The person who ordered is known in the task, on another machine.

The broker here is a folder, so that the example needs no server; take your own.
"""

import tempfile
from pathlib import Path

import firsthand
from celery import Celery
from firsthand.integrations.celery import install

queue = Path(tempfile.gettempdir()) / "firsthand-example-queue"
queue.mkdir(parents=True, exist_ok=True)

app = Celery("shop", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": str(queue),
    "data_folder_out": str(queue),
    "control_folder": str(queue / "control"),
}
app.conf.task_ignore_result = True
install()


@app.task(name="shop.take_payment")
def take_payment(order_id: str) -> None:
    firsthand.track("Order Paid", {"order_id": order_id}, message_id=f"paid-{order_id}")


if __name__ == "__main__":
    # in a web process, a middleware has made this scope
    with firsthand.context(user_id="c-1", consent={"analytics": True}):
        take_payment.delay("A-1001")
    with firsthand.context(user_id="c-2", consent={"analytics": False}):
        take_payment.delay("A-1002")
    print("two orders are on their way; one person agreed")
