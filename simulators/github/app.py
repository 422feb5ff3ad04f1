"""The part of the REST API that reads repositories. Source: https://docs.github.com/en/rest/repos"""

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError

from simulators.control import Control, VendorFault
from simulators.github.errors import ApiError, answered, fault, invalid, rate_headers
from simulators.github.reading import Reader, archives_router, commits_router, git_router
from simulators.github.repositories import Repositories
from simulators.journal import Journal


def create_app(control: Control, journal: Journal, repositories: Repositories) -> FastAPI:
    """The API under whichever path it is mounted."""
    app = FastAPI(
        title="GitHub REST API", dependencies=[Depends(control.gate("github")), Depends(rate_headers)]
    )
    app.add_exception_handler(ApiError, answered)
    app.add_exception_handler(VendorFault, fault)
    app.add_exception_handler(RequestValidationError, invalid)
    reader = Reader(repositories)
    app.include_router(commits_router(reader, journal))
    app.include_router(git_router(reader))
    app.include_router(archives_router(reader, journal))
    return app
