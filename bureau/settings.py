"""All settings, read once from the environment; no per-environment branches but demonstration mode.

Application code never imports this module: it uses `django.conf.settings`.
"""

import json
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from bureau import database
from bureau.processes import make_data_folder, make_private_folder

BASE_DIR = Path(__file__).resolve().parent.parent


def text(name: str, default: str = "") -> str:
    """The variable's value, or the content of the file that `<NAME>_FILE` names (for secrets)."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def flag(name: str) -> bool:
    return text(name).lower() in {"1", "true", "yes", "on"}


def whole(name: str, default: int) -> int:
    return int(text(name) or default)


VAR = Path(text("BUREAU_VAR") or BASE_DIR / "var").resolve()
make_data_folder(VAR)


def _running_servers() -> dict[str, str]:
    """Addresses of the servers that a running `dev.py` keeps; empty when none runs."""
    file = VAR / "run.json"
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


_running = _running_servers()
DATABASE_URL = text("BUREAU_DATABASE_URL") or _running.get("database_url", "")
REDIS_URL = (text("BUREAU_REDIS_URL") or _running.get("redis_url", "")).rstrip("/")


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url or "postgresql://bureau@127.0.0.1:5432/bureau")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "bureau",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        # Web server and workers take their own (bureau.database.become).
        "OPTIONS": database.options("command"),
    }


DEMO = flag("BUREAU_DEMO")
DEBUG = False
SECRET_KEY = text("BUREAU_SECRET_KEY")
if not SECRET_KEY:
    # Without a configured key the installation keeps one of its own beside its data.
    _key_file = VAR / "secret_key"
    try:
        SECRET_KEY = _key_file.read_text(encoding="ascii").strip()
    except OSError:
        import secrets

        _new_key = secrets.token_urlsafe(64)
        try:
            with os.fdopen(
                os.open(_key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
            ) as _file:
                _file.write(_new_key)
        except FileExistsError:
            pass  # Another process was first; its key is the key.
        SECRET_KEY = _key_file.read_text(encoding="ascii").strip()
SECRET_KEY_FALLBACKS = [k for k in text("BUREAU_SECRET_KEY_FALLBACKS").split(",") if k]
ALLOWED_HOSTS = [
    h for h in text("BUREAU_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h
]
CSRF_TRUSTED_ORIGINS = [o for o in text("BUREAU_TRUSTED_ORIGINS").split(",") if o]

INSTALLED_APPS = [
    "bureau.core",
    "bureau.ui",
    "bureau.intake",
    "fund",
    "enrollment",
    "catalogue",
    "institutions",
    "benefits",
    "bureau.portal",
    "bureau.core.apps.MaintenanceConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "import_export",
    "csp",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "bureau.core.middleware.DatabaseUnavailable",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "bureau.core.middleware.ResponseHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "bureau.core.middleware.BodyLimit",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bureau.core.middleware.StaffLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bureau.core.middleware.SessionLimits",
    "bureau.core.middleware.AccessMatrix",
    "bureau.core.middleware.HistoryContext",
    "bureau.ui.middleware.Conflicts",
]

ROOT_URLCONF = "bureau.urls"
WSGI_APPLICATION = "bureau.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bureau.ui.navigation.frame",
            ],
        },
    }
]

DATABASES = {"default": _database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.Staff"
AUTHENTICATION_BACKENDS = ["bureau.core.sign_in.StaffBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "full_name", "staff_no", "email"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "bureau.core.sign_in.ThreeClassesValidator"},
    {"NAME": "bureau.core.sign_in.NotThePresentPasswordValidator"},
]
#: Days after which a password must be changed (GB/T 22239-2019, 8.1.4.1).
PASSWORD_MAX_AGE_DAYS = whole("BUREAU_PASSWORD_MAX_AGE_DAYS", 90)
#: Addresses of proxies whose X-Forwarded-For is believed; empty: the peer's address counts.
TRUSTED_PROXIES = [a for a in text("BUREAU_TRUSTED_PROXIES").split(",") if a]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "bureau.core.sign_in.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
# The lock-out lives in the database (core.sign_in): it must hold while Redis is away.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {
    "login": "bureau.core.sign_in.SignInForm",
    "change_password": "bureau.core.sign_in.NewPasswordForm",
}
MFA_ADAPTER = "bureau.core.sign_in.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "bureau.core.sign_in.CodeForm",
    "reauthenticate": "bureau.core.sign_in.CodeAgainForm",
    "authenticate_webauthn": "bureau.core.sign_in.KeyForm",
    "reauthenticate_webauthn": "bureau.core.sign_in.KeyAgainForm",
}

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 10 * 3600
SESSION_IDLE_SECONDS = whole("BUREAU_SESSION_IDLE_SECONDS", 15 * 60)
SESSION_ABSOLUTE_SECONDS = 10 * 3600
SESSION_PARALLEL_LIMIT = whole("BUREAU_SESSION_PARALLEL_LIMIT", 3)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False
# Behind TLS (every installation but the demonstration on the own machine) cookies carry __Host-.
SECURE = flag("BUREAU_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-sid" if SECURE else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
DEVICE_COOKIE_NAME = "__Host-device" if SECURE else "device"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
# The bureau's network is closed: its hosts stand in no browser's preload list.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BUREAU_TLS_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
        "report-uri": "/csp-report",
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 50
FILE_UPLOAD_HANDLERS = ["bureau.core.uploads.OntoDisk"]
FILE_UPLOAD_TEMP_DIR = str(VAR / "uploads" / "incoming")
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
MEDIA_ROOT = VAR / "uploads"
#: Largest file from outside, in bytes; a county's roster of a million people is about 200 MB.
UPLOAD_MAX_BYTES = whole("BUREAU_UPLOAD_MAX_BYTES", 1024 * 1024 * 1024)
make_private_folder(MEDIA_ROOT)
make_private_folder(Path(FILE_UPLOAD_TEMP_DIR))

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["bureau.ui.formats"]
USE_I18N = True
USE_TZ = True
# Figures are grouped where that is meant (bureau.ui.formatting): years and numbers never are.
USE_THOUSAND_SEPARATOR = False
TIME_ZONE = "Asia/Shanghai"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "bureau"}
}

CELERY_BROKER_URL = f"{REDIS_URL or 'redis://127.0.0.1:6379'}/0"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Messages are acknowledged when they arrive: the lease and the sweeper bring back what a dead
# worker leaves, and a late acknowledgement over a broken connection ends a worker (kombu 5.7).
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
# A job goes on while the broker is away: its row is the truth, and a doubled message does nothing.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "socket_timeout": 10}
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}

#: Seconds for which a worker owns a job without renewing its lease.
JOB_LEASE_SECONDS = whole("BUREAU_JOB_LEASE_SECONDS", 60)
JOB_MAX_ATTEMPTS = 3
#: Memory of a worker's process beyond which its job is ended; 3/4 of the machine's unless said.
JOB_MEMORY_BYTES = whole(
    "BUREAU_JOB_MEMORY_BYTES", os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4
)

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {"TITLE": "Bureau portal API", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = False
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"


PGTRIGGER_MIGRATIONS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "bureau.core.logs.JsonFormatter"}},
    "filters": {"away": {"()": "bureau.core.logs.NoTraceWhenAway"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["away"]}
    },
    "root": {"handlers": ["console"], "level": text("BUREAU_LOG_LEVEL", "WARNING")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "bureau": {
            "handlers": ["console"],
            "level": text("BUREAU_LOG_LEVEL", "INFO"),
            "propagate": False,
        },
    },
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
