"""The mail that tells entrants that a tournament was called off. Pure."""

from html import escape

from tengen.core.mail import MailRequested
from tengen.tournaments.schedule import shown
from tengen.tournaments.service import Tournament


def cancellation(email: str, name: str, tournament: Tournament) -> MailRequested:
    """The mail to one of those who have entered, have asked to or are invited; with the host's reason."""
    what = f"“{tournament.name}” ({shown(tournament.schedule.starts_at)} to {shown(tournament.schedule.ends_at)})"
    reason = tournament.cancel_reason or ""
    text = f"Hello {name},\n\nthe tournament {what} was cancelled. The reason:\n\n    {reason}\n"
    html = (
        f"<p>Hello {escape(name)},</p>"
        f"<p>the tournament <b>{escape(what)}</b> was cancelled. The reason:</p>"
        f"<blockquote>{escape(reason)}</blockquote>"
    )
    return MailRequested(to=email, subject=f"Cancelled: {tournament.name}", text=text, html=html)
