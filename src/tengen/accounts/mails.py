"""The mails that accounts get. Pure."""

from datetime import timedelta
from html import escape

from tengen.core.mail import MailRequested


def verification(email: str, display_name: str, token: str, lifetime: timedelta) -> MailRequested:
    """The mail with the token that shows the address to be its owner's."""
    hours = int(lifetime.total_seconds() // 3600)
    validity = f"It works once, within {hours} hours." if hours else "It works once, within the hour."
    text = (
        f"Hello {display_name},\n\n"
        f"your verification token is\n\n    {token}\n\n"
        f"Enter it in your game to finish your registration. {validity}\n"
        "If you did not register, ignore this mail: without the token nobody can use the account.\n"
    )
    html = (
        f"<p>Hello {escape(display_name)},</p><p>your verification token is</p>"
        f"<p style='font-size:150%'><code>{token}</code></p>"
        f"<p>Enter it in your game to finish your registration. {validity}<br>"
        "If you did not register, ignore this mail: without the token nobody can use the account.</p>"
    )
    return MailRequested(to=email, subject=f"Your verification token: {token}", text=text, html=html)
