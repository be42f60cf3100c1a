"""One settings file, driven by the environment.

Every variable is listed in docs/OPERATING.md. Without any of them this is the embedded default: SQLite, the
filesystem as message broker, local memory as cache. `DATABASE_URL`, `BROKER_URL` and `CACHE_URL` move a
municipality to PostgreSQL and Redis. Secrets come from the environment or from files under `VAR_DIR/keys`
(mode 0400), never from this file.
"""

import os
import re
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("MEEDOEN_VAR", BASE_DIR / "var"))
DEBUG = os.environ.get("DEBUG", "0") == "1"


def _secret(name: str) -> str:
    """A secret from the environment, else from VAR_DIR/keys, made on first use (mode 0400)."""
    if name in os.environ:
        return os.environ[name]
    path = VAR_DIR / "keys" / name.lower()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o400), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = _secret("SECRET_KEY")

# --- who we are ---------------------------------------------------------------------------------------------
BASE_URL = os.environ.get("BASE_URL", "http://localhost:8000")
MUNICIPALITY = int(os.environ.get("MUNICIPALITY", "14"))  # CBS code: the tenant key in every table
ISSUER = os.environ.get("ISSUER", BASE_URL)  # `iss` of every token
CLIENT_ADDRESS = os.environ.get("CLIENT_ADDRESS", "REMOTE_ADDR")  # behind a proxy: "HTTP_X_REAL_IP"
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", urlsplit(BASE_URL).hostname or "localhost").split(",")
if ALLOWED_HOSTS == ["localhost"]:
    ALLOWED_HOSTS += ["127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
_HTTPS = BASE_URL.startswith("https:")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_SSL_REDIRECT = _HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# --- what runs ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "wallet.apps.WalletConfig",
    "ledger.apps.LedgerConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.static.Static",
    "django_htmx",
    "django_vite",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]
MIDDLEWARE = [
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
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["wallet.web.desk.filters"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wallet.web.landing.municipality",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "wallet.Staff"
LOGIN_URL = "desk:login"
LOGIN_REDIRECT_URL = "desk:home"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# --- language, place, time ----------------------------------------------------------------------------------
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", "Nederlands"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "wallet" / "locale"]
USE_TZ = True
TIME_ZONE = "Europe/Amsterdam"


# --- database -----------------------------------------------------------------------------------------------
def _database(url: str) -> dict[str, object]:
    """Django's settings for `sqlite:///path` or `postgres://user:pass@host:port/name`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path,
            "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        # Binding in the server, preparing at the second time: a fifth more redemptions a second. Not at the
        # first: migrations send several statements at once, which cannot be prepared. A page at a random
        # place costs little more than the next one on any disk of today; the default is of spinning ones,
        # and makes PostgreSQL read whole small tables for each payment.
        "OPTIONS": {
            "server_side_binding": True,
            "prepare_threshold": 1,
            "options": "-c random_page_cost=1.1",
        },
    }


DATABASES = {"default": _database(os.environ.get("DATABASE_URL", f"sqlite://{VAR_DIR / 'meedoen.sqlite3'}"))}

# --- cache: nonces, rate limits -----------------------------------------------------------------------------
_CACHE_URL = os.environ.get("CACHE_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _CACHE_URL}
    if _CACHE_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Beyond this, entries are dropped: a proof's number must be remembered for five minutes.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# --- Celery: it rings the bell; the database is the queue of record -----------------------------------------
CELERY_BROKER_URL = os.environ.get("BROKER_URL", "filesystem://localhost")
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# The bell rings often and means "look": a ring that waited ten seconds is worth nothing.
CELERY_BEAT_SCHEDULE = {
    "seal": {"task": "ledger.seal", "schedule": 10, "options": {"expires": 10}},
    "sign": {"task": "ledger.sign", "schedule": 10, "options": {"expires": 10}},
    "anchor": {"task": "ledger.anchor", "schedule": 3600, "options": {"expires": 3600}},
    "announce": {"task": "wallet.announce", "schedule": 3600, "options": {"expires": 3600}},
    "prove_cover": {"task": "ledger.prove_cover", "schedule": 300, "options": {"expires": 300}},
    "bank_files": {"task": "ledger.bank_files", "schedule": 60, "options": {"expires": 60}},
    "resume_bookings": {"task": "wallet.resume_bookings", "schedule": 60, "options": {"expires": 60}},
    "publish_status": {"task": "wallet.publish_status", "schedule": 120, "options": {"expires": 120}},
    "rotate_keys": {"task": "wallet.rotate_keys", "schedule": 3600, "options": {"expires": 3600}},
    "end_passes": {
        "task": "wallet.end_passes",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    "erase": {"task": "wallet.erase", "schedule": 600, "options": {"expires": 600}},
    "judge_overdue": {"task": "wallet.judge_overdue", "schedule": 3600, "options": {"expires": 3600}},
    "sweep": {"task": "wallet.sweep", "schedule": crontab(hour=3, minute=30), "options": {"expires": 3600}},
}
# A queue of its own lets the signer run as another user of the machine and of the database.
SIGNER_QUEUE = os.environ.get("SIGNER_QUEUE", "celery")
CELERY_TASK_ROUTES = {"ledger.sign": {"queue": SIGNER_QUEUE}}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celery" / "beat")
if CELERY_BROKER_URL.startswith("filesystem:"):
    _queue = VAR_DIR / "celery" / "queue"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "data_folder_in": str(_queue),
        "data_folder_out": str(_queue),
        "control_folder": str(VAR_DIR / "celery" / "control"),
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }

# --- the public log -----------------------------------------------------------------------------------------
LOG_DIR = Path(os.environ.get("LOG_DIR", VAR_DIR / "log"))  # the folder that nginx, a CDN or Django serves
SIGNER_DIR = Path(os.environ.get("SIGNER_DIR", VAR_DIR / "signer"))  # log key and signer state, mode 0700
POLICY_FILE = Path(os.environ.get("POLICY_FILE", VAR_DIR / "policy.txt"))  # C2SP tlog-policy
WITNESSES = os.environ.get("WITNESSES", "")  # "name=http://host:port,name=…"
SEAL_EVERY = int(os.environ.get("SEAL_EVERY", "0"))  # seconds; 0 = at 02:00
SEAL_MINIMUM = int(os.environ.get("SEAL_MINIMUM", "10"))  # fewer payments than this would point at people
SEAL_MAXIMUM_WAIT = int(os.environ.get("SEAL_MAXIMUM_WAIT", str(7 * 86_400)))  # seconds
COVER_HOUR = int(os.environ.get("COVER_HOUR", "3"))  # o'clock, local time, of the day's proof of cover
ANCHORS = os.environ.get("ANCHORS", "")  # where checkpoints are carried as well: "rfc3161,evm"
ANCHOR_EVERY = int(os.environ.get("ANCHOR_EVERY", str(7 * 86_400)))  # seconds
TSA_URL = os.environ.get("TSA_URL", "")  # rfc3161: the time-stamping authority
TSA_ROOTS = os.environ.get("TSA_ROOTS", "")  # rfc3161: file with its root certificates (PEM)
EVM_URL = os.environ.get("EVM_URL", "")  # evm: a node of the chain
EVM_CONTRACT = os.environ.get("EVM_CONTRACT", "")  # evm: address of the contract
EVM_KEY_FILE = os.environ.get("EVM_KEY_FILE", "")  # evm: file with the key of the account that pays
AUDITOR_KEY = bytes.fromhex(os.environ.get("AUDITOR_KEY", ""))  # X25519: may read what each shop is paid
if len(AUDITOR_KEY) not in (0, 32):
    raise ValueError("AUDITOR_KEY is an X25519 public key: 64 hex digits.")
RELEASE = os.environ.get("RELEASE", "")  # which code this is, such as a commit; told in the public log
KEYS_DIR = Path(os.environ.get("KEYS_DIR", VAR_DIR / "keys"))  # the issuer's keys, mode 0700
CUSTODY = os.environ.get("CUSTODY", "wallet.custody.folder.KeyFolder")  # the class that keeps them

# --- the bank -----------------------------------------------------------------------------------------------
BANK_IBAN = os.environ.get("BANK_IBAN", "")  # the account of the passes alone: shops are paid from it
BANK_NAME = os.environ.get("BANK_NAME", "")  # as the bank knows its holder
BANK_FORM = os.environ.get("BANK_FORM", "pain.001.001.09")  # or pain.001.001.03, as the bank wants it
FUNDING_IBAN = os.environ.get("FUNDING_IBAN", "")  # what comes from there is the municipality's own money
BANK_DIR = Path(os.environ.get("BANK_DIR", VAR_DIR / "bank"))  # out/ to the bank, in/ from it
PAYEE_REST_DAYS = int(os.environ.get("PAYEE_REST_DAYS", "3"))  # an approved account waits this long

# --- static files and content security ----------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "dist"] if (BASE_DIR / "frontend" / "dist").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG


def WHITENOISE_IMMUTABLE_FILE_TEST(path: str, url: str) -> bool:  # noqa: N802 - a setting
    """True for the phones' hashed assets, which never change under their name."""
    return bool(re.match(r"^/static/assets/.+-[A-Za-z0-9_-]{8}\.\w+$", url))


def WHITENOISE_ADD_HEADERS_FUNCTION(headers: dict[str, str], path: str, url: str) -> None:  # noqa: N802
    """Give workers a policy of their own: WhiteNoise answers before the CSP middleware."""
    headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
    )
    headers["X-Content-Type-Options"] = "nosniff"


DJANGO_VITE = {
    "default": {"dev_mode": False, "manifest_path": BASE_DIR / "frontend/dist/.vite/manifest.json"}
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- the API ------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "wallet.web.problems.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Meedoen",
    "DESCRIPTION": "The wallet and till API. See docs/spec/04-api.md.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- logs: redemption ids only, never a pass, a code or a name ----------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # It would list the letters of each holder's name and code while it draws a letter.
    "loggers": {"fontTools": {"level": "WARNING"}},
}
