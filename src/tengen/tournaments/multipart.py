"""Forms with one file, as programs send them, read in one pass (RFC 7578). Pure.

A form can be spelled in many ways, of which programs use one. That one is read here, at a fraction of the cost of a
parser that takes a form byte by byte as it comes in; everything else is for such a parser.
"""

import re

_CONTENT_TYPE = re.compile(r"multipart/form-data; ?boundary=([0-9A-Za-z'()+_,./:=?-]{1,70})", re.IGNORECASE)
_HEADERS = re.compile(
    rb'Content-Disposition: form-data; name="([A-Za-z0-9_.-]{1,64})"(; filename="[^"\\\x00-\x1f\x7f]{0,255}")?'
    rb"(?:\r\nContent-Type: [ -~]{1,255})?",
    re.IGNORECASE,
)
_MOST_PARTS = 4
_ENDS = (b"--", b"--\r\n")


def only_file(body: bytes, content_type: str, field: str) -> bytes | None:
    """The content of the only file in a form, which is that of `field`; None if the form is not of the plainest kind.

    `content_type`: the header of the whole body.
    """
    found = _CONTENT_TYPE.fullmatch(content_type)
    if found is None:
        return None
    before, *parts = (b"\r\n" + body).split(b"\r\n--" + found[1].encode("ascii"), _MOST_PARTS + 2)
    if before or not parts or parts.pop() not in _ENDS or len(parts) > _MOST_PARTS:
        return None
    files = []
    for part in parts:
        head, blank, content = part.partition(b"\r\n\r\n")
        headers = _HEADERS.fullmatch(head, len(b"\r\n")) if blank and head.startswith(b"\r\n") else None
        if headers is None:
            return None
        name, filename = headers.groups()
        if (name == field.encode("ascii")) != (filename is not None):
            return None  # another file, or no file in its place
        if filename is not None:
            files.append(content)
    return files[0] if len(files) == 1 else None
