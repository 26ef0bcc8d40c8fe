"""Django's settings, read from the environment; the variables are explained in docs/reference/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import acquisition  # noqa: F401  (before numpy; see there)
from webapp.config import environment

_env = environment.read()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(_env["RASGADO_DATA_DIR"]).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = environment.secret_key(_env["RASGADO_SECRET_KEY"], DATA_DIR)
DEBUG = _env["RASGADO_DEBUG"]
ALLOWED_HOSTS = _env["RASGADO_ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS = _env["RASGADO_TRUSTED_ORIGINS"]

INSTALLED_APPS = [
    "webapp.home",  # before the admin, whose templates it may replace
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "webapp.accounts",
    "webapp.facility",
    "webapp.safety",
    "webapp.samples",
    "webapp.runs",
    "webapp.spectra",
    "webapp.usage",
    "webapp.notifications",
    "webapp.feeds",
    "webapp.boards",
    "webapp.assignments",
    "webapp.quadrupole",
    "webapp.calibrations",
    "webapp.library",
    "webapp.dryruns",
]

SILENCED_SYSTEM_CHECKS = ["models.W040"]  # SQLite leaves out the INCLUDE of an index, which only makes it slower

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webapp.config.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "webapp.config.middleware.UserTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "webapp.config.urls"
ASGI_APPLICATION = "webapp.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "webapp" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": environment.database(
        _env["DATABASE_URL"],
        DATA_DIR,
        pool=_env["RASGADO_DATABASE_POOL"],
        # Whoever freezes in the middle of a write must have lost its locks before its lease ends.
        idle_max_s=_env["RASGADO_LEASE_S"] / 2 if _env["RASGADO_DATABASE_BRISK"] else None,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _env["REDIS_URL"]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "rasgado",
        # A web request must not hang because the cache does.
        "OPTIONS": {"socket_connect_timeout": 1.0, "socket_timeout": 2.0},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = _env["RASGADO_TIME_ZONE"]
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [
    folder for folder in (BASE_DIR / "webapp" / "static", BASE_DIR / "webapp" / "static_build") if folder.is_dir()
]
WHITENOISE_USE_FINDERS = True  # files are served from where they lie; nothing has to be collected first
WHITENOISE_MAX_AGE = 60
MEDIA_ROOT = DATA_DIR / "media"


def _object_storage(folder: str) -> dict[str, Any]:
    """Where a kind of object is kept: a folder of the data directory, or a prefix in the bucket."""
    if _env["RASGADO_STORAGE"] == "local":
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": DATA_DIR / folder, "base_url": None, "file_permissions_mode": 0o640},
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _env["AWS_STORAGE_BUCKET_NAME"],
            "location": folder,
            "endpoint_url": _env["AWS_S3_ENDPOINT_URL"] or None,
            "region_name": _env["AWS_S3_REGION_NAME"] or None,
            "access_key": _env["AWS_ACCESS_KEY_ID"] or None,
            "secret_key": _env["AWS_SECRET_ACCESS_KEY"] or None,
            "default_acl": None,
            "file_overwrite": True,
            "querystring_auth": True,
        },
    }


STORAGES = {
    "default": _object_storage("media"),
    "captures": _object_storage("captures"),
    "spectra": _object_storage("spectra"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# -- security ---------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _env["RASGADO_HTTPS"]
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if _env["RASGADO_HTTPS"]:
    SECURE_HSTS_SECONDS = 365 * 86_400
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# -- REST API ---------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "webapp.accounts.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["webapp.config.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "webapp.config.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "webapp.config.schema.ProblemAutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "webapp.config.negotiation.OneForm",
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "webapp.config.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "STRICT_JSON": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "RASGADO NQR",
    "DESCRIPTION": "Plan, queue, follow and read nuclear quadrupole resonance surveys. All quantities are in SI units.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "PREPROCESSING_HOOKS": ["webapp.config.api_docs.without_slash"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "webapp.config.api_docs.add_stream",
    ],
    "ENUM_NAME_OVERRIDES": {
        "RunState": "webapp.runs.models.Run.State",
        "SpectrumState": "webapp.spectra.models.Spectrum.State",
        "LineStatus": "webapp.spectra.models.SpectralLine.Status",
        "InstrumentStatus": "webapp.facility.models.Instrument.Status",
        "AssignmentDecision": "webapp.assignments.models.Assignment.Decision",
        "UserRole": "webapp.accounts.models.User.Role",
        "BookingState": "webapp.facility.models.Booking.State",
        "WaitlistState": "webapp.facility.models.WaitlistEntry.State",
        "BookingEventKind": "webapp.facility.models.BookingEvent.Kind",
        "CorrectionKind": "webapp.usage.models.UsageCorrection.Kind",
        "OutageKind": "webapp.facility.models.Outage.Kind",
        "MembershipRole": "webapp.accounts.models.Membership.Role",
        "NotificationKind": "webapp.notifications.kinds.Kind",
        "NotificationChannel": "webapp.notifications.kinds.Channel",
        "FeedScope": "webapp.feeds.models.CalendarFeed.Scope",
        "KeepOrCancel": "webapp.facility.bookings.outages.ON_BOOKINGS",
        "BookingScope": "webapp.facility.bookings.series.SCOPES",
        "DryRunState": "webapp.dryruns.models.DryRun.State",
    },
}

# -- e-mail and what people see of the facility ----------------------------------------------------------------------
vars().update(_env["RASGADO_MAIL_URL"])
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _env["RASGADO_MAIL_FROM"]
EMAIL_TIMEOUT = 10.0
RASGADO_SITE_URL = _env["RASGADO_SITE_URL"]
RASGADO_PUBLIC_STATUS = _env["RASGADO_PUBLIC_STATUS"]
RASGADO_STATUS_NAMES = _env["RASGADO_STATUS_NAMES"]

# -- runs and queue ---------------------------------------------------------------------------------------------------
RASGADO_LEASE_S = _env["RASGADO_LEASE_S"]
RASGADO_SWEEP_S = _env["RASGADO_SWEEP_S"]
RASGADO_QUEUED_MAX = _env["RASGADO_QUEUED_MAX"]
RASGADO_FAIR_HALF_LIFE_H = _env["RASGADO_FAIR_HALF_LIFE_H"]
RASGADO_PAUSE_MAX_S = _env["RASGADO_PAUSE_MAX_S"]
RASGADO_RADIO_GRACE_S = _env["RASGADO_RADIO_GRACE_S"]
RASGADO_RADIO_LOG_DAYS = _env["RASGADO_RADIO_LOG_DAYS"]
RASGADO_RADIO_LOG_LINES = _env["RASGADO_RADIO_LOG_LINES"]
RASGADO_DRY_RUNS_MAX = _env["RASGADO_DRY_RUNS_MAX"]
RASGADO_DRY_RUN_S = _env["RASGADO_DRY_RUN_S"]
RASGADO_DRY_RUN_KEEP_H = _env["RASGADO_DRY_RUN_KEEP_H"]
RASGADO_DEMO_PASSWORD = _env["RASGADO_DEMO_PASSWORD"]
RASGADO_DEMO_URI = _env["RASGADO_DEMO_URI"]

# A message is only a hint to look at the rows: it is acknowledged early, never redelivered, and its loss is harmless.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_DEFAULT_QUEUE = "processing"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ROUTES = {"tasks.sweep.*": {"queue": "control"}, "tasks.mail.*": {"queue": "control"}}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False  # a submit must not wait for Redis; the sweep repeats the hint
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2.0, "socket_keepalive": True}
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _env["RASGADO_LOG_LEVEL"]},
}
