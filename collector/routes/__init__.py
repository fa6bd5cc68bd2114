"""HTTP endpoints, one file a concern. Hot ones are plain ASGI endpoints inside Starlette's routes."""
