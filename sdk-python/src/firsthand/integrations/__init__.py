"""What joins a framework's requests and tasks to the events tracked in them. One file each, imported only on use.

| file | for |
|---|---|
| `asgi.py` · `wsgi.py` | any ASGI or WSGI application |
| `starlette.py` | Starlette and FastAPI: the ASGI middleware, and delivery at the end of the lifespan |
| `flask.py` · `django.py` | the same on the doors that these frameworks have for it |
| `celery.py` | the scope of the caller travels with the task |
| `logging.py` · `opentelemetry.py` | log records as events · trace ids in the context |

All of them set a scope (scope.py) and nothing else; request.py says what of a request goes into it.
"""
