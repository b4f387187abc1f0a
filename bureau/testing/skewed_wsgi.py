"""The portal's web application on a machine whose clock is wrong."""

from bureau.testing import skewed
from bureau.wsgi import application

__all__ = ["application"]

skewed.arrange()
