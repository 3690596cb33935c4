"""Looking for many rows at once by digests or hashes."""

from typing import Any

from sqlalchemy import ARRAY, BindParameter, Boolean, ColumnElement, LargeBinary, any_, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement


class _AmongDigests(FunctionElement[bool]):
    type = Boolean()
    name = "among_digests"
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_AmongDigests":  # noqa: ARG002  # the protocol's
        """Itself, as for `tengen.core.database.among`: SQLite would use no index otherwise."""
        return self


@compiles(_AmongDigests)
def _in_list(element: _AmongDigests, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses.clauses[0], **options))


@compiles(_AmongDigests, "postgresql")
def _in_array(element: _AmongDigests, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses.clauses[1], **options))


def among_digests(column: InstrumentedAttribute[bytes], parameter: str) -> ColumnElement[bool]:
    """Whether `column` is one of the digests in the parameter of this name, a list of them.

    On PostgreSQL it is one text for any number of digests, so that each connection prepares the statement once.
    """
    of_list: BindParameter[Any] = bindparam(parameter, expanding=True)
    of_array: BindParameter[Any] = bindparam(parameter, type_=ARRAY(LargeBinary(), dimensions=1))
    return _AmongDigests(column.in_(of_list), column == any_(of_array))
