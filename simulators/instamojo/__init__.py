"""Instamojo's payment requests, API v1.1: https://docs.instamojo.com/v1.1/reference/create-a-request"""

from simulators.instamojo.app import create_app

__all__ = ["create_app"]
