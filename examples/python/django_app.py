"""A shop in Django, in one file. The middleware stands after the authentication one and knows who is signed in."""

import sys

import firsthand
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    SECRET_KEY="only for this example",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "firsthand.integrations.django.FirsthandMiddleware",
    ],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
)


def order(_request: HttpRequest, order_id: str) -> JsonResponse:
    firsthand.track("Order Completed", {"order_id": order_id, "total": 9.9}, message_id=f"order-{order_id}")
    return JsonResponse({"ok": True})


urlpatterns = [path("orders/<str:order_id>", order)]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
