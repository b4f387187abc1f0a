"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from bureau import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureau.settings")

application = get_wsgi_application()
database.become("web")
