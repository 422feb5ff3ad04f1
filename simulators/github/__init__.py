"""GitHub's REST API over real git repositories: https://docs.github.com/en/rest"""

from simulators.github.app import create_app
from simulators.github.repositories import Repositories
from simulators.github.router import repositories_router
from simulators.github.samples import seed

__all__ = ["Repositories", "create_app", "repositories_router", "seed"]
