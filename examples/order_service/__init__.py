"""A small order service: takes an order from the shop, prices it, and says "Order Paid" from the server's side.

What it shows: how a back end adds its own events to a person's, with that person's consent. The shop passes her
anonymous id and her choice along with the order; without a choice the Python SDK sends nothing. Payment is
pretended. Nothing of an order is kept.

    python -m examples.order_service --port 8090 --endpoint http://127.0.0.1:8080 --write-key K
"""
