"""The ASGI application: pages, API and event streams."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.config.settings")
# Threads of one process may share connections to PostgreSQL; processes that fork, as workers do, must not.
os.environ.setdefault("RASGADO_DATABASE_POOL", "1")
os.environ.setdefault("RASGADO_DATABASE_BRISK", "1")

# Static files and downloads are read in a thread: what this warning recommends against works well for them.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

_django = get_asgi_application()

from webapp.config.body_limit import BodyLimit  # noqa: E402  (needs the applications loaded)

REQUEST_MAX_BYTES = 10_000_000

application = BodyLimit(_django, REQUEST_MAX_BYTES)
