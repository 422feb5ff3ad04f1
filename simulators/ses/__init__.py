"""Amazon SES, API v2: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html"""

from simulators.ses.app import create_app

__all__ = ["create_app"]
