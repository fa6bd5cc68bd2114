"""A nightly script: yesterday's orders, once each, whatever happens.

The message id is made of the order's number, so running it twice makes no second row; the spool keeps what was tracked
when the script is killed, and its next run sends it.
"""

import sys
import tempfile
from pathlib import Path

import firsthand

ORDERS = [
    {"order_id": "A-1001", "customer": "c-1", "total": 9.90, "agreed": True},
    {"order_id": "A-1002", "customer": "c-2", "total": 25.00, "agreed": False},
    {"order_id": "A-1003", "customer": "c-3", "total": 14.50, "agreed": True},
]


def main() -> int:
    spool = Path(tempfile.gettempdir()) / "firsthand-example-spool"
    with firsthand.configure(spool_dir=spool, exit_timeout=10) as client:
        for order in ORDERS:
            client.track(
                "Order Completed",
                {"order_id": order["order_id"], "total": order["total"], "currency": "EUR"},
                user_id=order["customer"],
                consent={"analytics": order["agreed"]},
                message_id=f"order-{order['order_id']}",
            )
        report = client.flush(timeout=10)
    print(
        f"sent {report.sent}, without consent {client.stats().dropped.get('no_consent', 0)}, waiting {report.pending}"
    )
    return 1 if report.pending else 0


if __name__ == "__main__":
    sys.exit(main())
