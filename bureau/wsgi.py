"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from bureau import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureau.settings")

application = get_wsgi_application()
database.become("web")

from bureau.core import health  # noqa: E402 (needs the settings)

# So that the first question of a monitor is answered as soon as every other.
health.migrations_of_code()
