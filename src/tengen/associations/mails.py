"""The mail by which a member confirms that an account is theirs. Pure."""

from datetime import timedelta
from html import escape

from tengen.associations.members import Member
from tengen.associations.numbers import MemberNumber
from tengen.core.mail import MailRequested


def confirmation(
    email: str, member: Member, which: MemberNumber, display_name: str, link: str, lifetime: timedelta
) -> MailRequested:
    """The mail with the link, to the address that the association has on file."""
    greeting = f"Hello {member.full_name}," if member.full_name else "Hello,"
    hours = int(lifetime.total_seconds() // 3600)
    validity = f"It works once, within {hours} hours." if hours else "It works once, within the hour."
    text = (
        f"{greeting}\n\n"
        f"the account “{display_name}” says that it has your member number, {which}. If it is yours, follow this link "
        f"to confirm it. {validity}\n\n    {link}\n\n"
        "If you do not know the account, ignore this mail: without the link nothing happens.\n"
    )
    html = (
        f"<p>{escape(greeting)}</p><p>the account <b>{escape(display_name)}</b> says that it has your member number, "
        f"{which}. If it is yours, follow this link to confirm it. {validity}</p>"
        f"<p><a href='{escape(link)}'>{escape(link)}</a></p>"
        "<p>If you do not know the account, ignore this mail: without the link nothing happens.</p>"
    )
    return MailRequested(to=email, subject=f"Confirm your member number {which}", text=text, html=html)
