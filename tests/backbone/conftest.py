"""The user pool that the authorizer trusts."""

from tests.user_pool import pool  # noqa: F401 - a fixture
