"""What a session remembers of its sign-in; here without any model, for the middleware."""

from typing import Final

PASSWORD_IS_TEMPORARY: Final = "people_password_is_temporary"
WELCOME_IS_DUE: Final = "people_welcome_is_due"
