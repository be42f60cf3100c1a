"""The product's settings, on a folder of the test run's own (one per pytest-xdist worker)."""

import atexit
import os
import shutil
import tempfile

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
if (
    os.environ.get("MEEDOEN_TEST_WORKER") != _worker
):  # else: a process started by a test, which shares its folder
    os.environ["MEEDOEN_TEST_WORKER"] = _worker
    os.environ["MEEDOEN_VAR"] = tempfile.mkdtemp(prefix="meedoen-test-")
    atexit.register(shutil.rmtree, os.environ["MEEDOEN_VAR"], ignore_errors=True)

from config.settings import *  # noqa: E402, F403 - after the folder is known

# Argon2 is slow on purpose; a test that logs in need not be.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# WhiteNoise warns when the folder is not there, and warnings are errors.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405

# One payment makes a batch and a line; a test that is about the smallest one says so.
SEAL_MINIMUM = 1
