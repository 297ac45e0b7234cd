"""EduPro's settings: everything an installation may change is in the environment, read at the top.

`.env` in the project's folder is read if it is there; the environment itself wins over it.
"""

import sys
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from edupro import postgres

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
# This machine's data: the embedded database, the journal, uploads, the demo's queue.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

DEVELOPMENT_KEY = "for-development-only-0123456789-abcdefghijklmnopqrstuvwxyz-edupro"

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_KEY if DEBUG else "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # former ones: sessions and links go on
JWT_SECRET_KEY = env.str("JWT_SECRET_KEY", default=DEVELOPMENT_KEY[::-1] if DEBUG else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=not DEBUG)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")

if not DEBUG:
    for name, value in {"SECRET_KEY": SECRET_KEY, "JWT_SECRET_KEY": JWT_SECRET_KEY}.items():
        if value in ("", DEVELOPMENT_KEY, DEVELOPMENT_KEY[::-1]):
            raise ImproperlyConfigured(
                f"{name} is {'the development one' if value else 'missing'}: with DEBUG off, "
                f"set {name} in the environment to a long random text that only this installation knows. "
                "More: docs/operations.md#the-environment"
            )
    if not DATABASE_URL:
        raise ImproperlyConfigured(
            "DATABASE_URL is missing: with DEBUG off the embedded PostgreSQL is not used; "
            "set it to postgresql://USER:PASSWORD@HOST/NAME. More: docs/operations.md#the-environment"
        )

# --- the parts ---
INSTALLED_APPS = [
    "eventlog",
    "edupro.people",
    "edupro.school",
    "edupro.prediction",
    "edupro.demo",
    "edupro.reference",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "pgtrigger",
    "django_cleanup.apps.CleanupConfig",  # last: it removes the files of records that are deleted, or given another
]
MIDDLEWARE = [
    "eventlog.capture.middleware.EventLoggingMiddleware",  # first, so that every answer of the others is seen
    "eventlog.blocking.middleware.blocking_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "edupro.people.middleware.FirstStepsMiddleware",
]
ROOT_URLCONF = "edupro.urls"
WSGI_APPLICATION = "edupro.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- storage ---
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url_config(DATABASE_URL) if DATABASE_URL else postgres.embedded_database(VAR_DIR / "postgres")
}
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
FILE_UPLOAD_HANDLERS = [
    "edupro.school.exchange.uploads.BoundedUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 5
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_AUTOREFRESH = DEBUG or "pytest" in sys.modules
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or "pytest" in sys.modules
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- language and time ---
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("id", _("Indonesian"))]
LOCALE_PATHS = [BASE_DIR / "edupro" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Jakarta")
USE_TZ = True

# --- who may enter, and how the browser is kept safe ---
AUTHENTICATION_BACKENDS = [
    "eventlog.blocking.backend.BlockingBackend",  # first, so that no password of a blocked account is looked at
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ROLE_PERMISSIONS = {  # role -> app -> what it may do besides the school's own
    "admin": {
        "eventlog": ["view_event"],
        "prediction": [
            *("add_trainingrun", "view_trainingrun"),
            *("view_modelversion", "change_modelversion"),  # which is to make one active
            *("add_prediksi", "view_prediksi"),
        ],
    },
    "guru": {"prediction": ["add_prediksi", "view_prediksi"]},
}
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
CSRF_FAILURE_VIEW = "edupro.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "edupro.people.authentication.JWTAuthentication",
        "edupro.people.authentication.SessionAuthentication",
        "edupro.people.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissions"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.SearchFilter",
        "rest_framework.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "edupro.pagination.CursorPagination",
    "DEFAULT_PARSER_CLASSES": [
        "edupro.api.JSONParser",
        "rest_framework.parsers.FormParser",
        "edupro.api.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["edupro.api.JSONRenderer"],  # the browsable API breaks under our CSP
    "EXCEPTION_HANDLER": "edupro.api.problem",
    "DEFAULT_SCHEMA_CLASS": "edupro.openapi.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["edupro.throttling.ScopedThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        # A school comes from one address: at seven everybody signs in. Who guesses is stopped by the name.
        "login": env.str("THROTTLE_LOGIN", default="120/min"),
        "login_name": env.str("THROTTLE_LOGIN_NAME", default="10/min"),
        "password": env.str("THROTTLE_PASSWORD", default="60/hour"),
        "password_name": env.str("THROTTLE_PASSWORD_NAME", default="5/hour"),
        "events": env.str("THROTTLE_EVENTS", default="600/min"),
        "analytics": env.str("THROTTLE_ANALYTICS", default="120/min"),
        "export": env.str("THROTTLE_EXPORT", default="10/min"),
        "stream": env.str("THROTTLE_STREAM", default="30/min"),
    },
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),  # else anybody could choose his address by a header
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "EduPro",
    "DESCRIPTION": "A school's records, what a decision tree foretells from them, and the log of all that happens"
    " there. Sign in by `POST /api/auth/login` and send the `access` token along. Lists come in pages: follow `next`."
    " Whatever is refused is answered with a problem body (RFC 9457).",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "PREPROCESSING_HOOKS": ["edupro.openapi.schema.without_trailing_slash"],
    "SCHEMA_PATH_PREFIX": "/api/",  # the next part of a path is its tag
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "Pendidikan": "edupro.school.models.PenghasilanOrtu.Pendidikan",
        "KategoriPresensi": "edupro.school.models.Presensi.Kategori",
        "Tingkat": "edupro.prediction.bands.Prestasi",
        "AlertState": "eventlog.models.alert.STATE_CHOICES",
        "NotificationKind": "eventlog.models.notification.KIND_CHOICES",
        "NotificationState": "eventlog.models.notification.STATE_CHOICES",
    },
    "TAGS": [
        {"name": "auth", "description": "Signing in and out, accounts and passwords."},
        {"name": "siswa", "description": "Students, and their photos."},
        {"name": "nilai", "description": "Report marks, one report a student and semester."},
        {"name": "presensi", "description": "Attendance, one row a student and semester."},
        {"name": "penghasilan", "description": "Parents' incomes. For administrators."},
        {"name": "prediksi", "description": "Achievement, foretold by a decision tree."},
        {"name": "events", "description": "What happened: who did what, when, from where, with what result."},
        {"name": "alerts", "description": "What somebody should look at, and what has become of it."},
    ],
}
SIMPLE_JWT = {
    "SIGNING_KEY": JWT_SECRET_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("JWT_ACCESS_MINUTES", default=30)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("JWT_REFRESH_DAYS", default=1)),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,  # a new password ends access tokens, too
}

DEFAULT_EXCEPTION_REPORTER = "eventlog.privacy.reports.RedactingReporter"

# --- mail, sent by the worker ---
globals().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="EduPro <edupro@localhost>")

# --- jobs ---
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # the console's mails must be readable, and logs mask their links
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if CELERY_BROKER_URL == "filesystem://":
    # One machine without a broker; messages are files. At most once: nothing of the event log rests on it.
    for folder in ("queue", "queue-control", "queue-processed"):
        (VAR_DIR / folder).mkdir(parents=True, exist_ok=True)
    CELERY_WORKER_PREFETCH_MULTIPLIER = 1
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "queue"),
        "data_folder_out": str(VAR_DIR / "queue"),
        "control_folder": str(VAR_DIR / "queue-control"),
        "polling_interval": 0.1,
    }

# --- the event log ---
EVENTLOG: dict[str, Any] = {
    "SPOOL_DIR": VAR_DIR / "spool",
    "CHECKPOINT_DIR": VAR_DIR / "checkpoints",
    "SIGNING_KEY": [b64encode(sha256(DEVELOPMENT_KEY.encode()).digest()).decode()] if DEBUG else [],
    "ENCRYPTION_KEYS": [b64encode(sha256(DEVELOPMENT_KEY[::-1].encode()).digest()).decode()] if DEBUG else [],
    "DOCS_URL": "/guides/",
    "ENVIRONMENT": "development" if DEBUG else "production",
    "APPLICATION_VERSION": "0.1.0",
    "AUDITED_MODELS": {
        "school.Siswa": {"name": "siswa"},
        "school.NilaiRaport": {"name": "nilai", "read": True},
        "school.Presensi": {"name": "presensi"},
        "school.KelasGuru": {"name": "kelas_guru"},
        "school.PenghasilanOrtu": {"name": "penghasilan", "read": True, "sensitive": True},
        # What was looked at is in the school's own records; a training is told by its model's events.
        "prediction.Prediksi": {"name": "prestasi", "exclude": ["features"]},
        "prediction.ModelVersion": {"name": "model_prestasi", "exclude": ["metrics"]},
        "auth.User": {"name": "user"},
        "auth.Group": {"name": "group"},
    },
    "RECORDED_SIGNALS": {
        "edupro.school.exchange.signals.imported": "IMPORT_DATA",
        "edupro.school.exchange.signals.exported": "EXPORT_DATA",
    },
    "PASSWORD_RESET_VIEWS": ["auth-api:password_reset_confirm"],
    "VISIBLE_EVENTS": "edupro.events.visible_to",
    "TRIGGER_MODELS": ["school.NilaiRaport"],  # who changes a mark is known, even at the prompt of the database
}

PGTRIGGER_MIGRATIONS = False  # the triggers follow the settings, not the migrations
PGTRIGGER_INSTALL_ON_MIGRATE = True

# --- the application's own log: one line a record, with the request it belongs to, without secrets ---
SERVER_LOGS = ("uvicorn.access", "uvicorn.error", "gunicorn.error", "gunicorn.access", "django.server")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "eventlog.context.RequestIdFilter"}},
    "formatters": {
        "line": {
            "()": "eventlog.privacy.logs.RedactingFormatter",
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]},
        "events": {"class": "eventlog.capture.logs.EventLogHandler"},  # warnings and errors are events, too
    },
    "root": {"handlers": ["console", "events"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL},  # its own handler would say everything twice
        "django.db.backends": {"level": "INFO"},  # its DEBUG lines quote the values of each statement
        **{name: {"handlers": ["console", "events"], "level": "INFO", "propagate": False} for name in SERVER_LOGS},
    },
}
