"""The portal's web application, which waits at the points that the test has named."""

from bureau.testing import halts
from bureau.wsgi import application

__all__ = ["application"]

halts.arrange()
