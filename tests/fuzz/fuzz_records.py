"""Throws records at `RecordFacts.read`, bent ever further where that reaches new code: `make fuzz`.

The only thing that may be raised is `InvalidRecord`. What was read can be stored and read again; and a record that was
written is equal to the one that is read in it. A run lasts `FUZZ_SECONDS`, 60 unless it is set, and each record
`RECORD_SECONDS` at most. What was found to be wrong is left in `.fuzz`, beside the records that reached the most, from
which the next run goes on: `make fuzz ARGS=.fuzz/crash-…` tries one alone.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import atheris

# Only what reads records is watched: the rest would only make it slow.
with atheris.instrument_imports(include=["tengen.games.records", "tengen.go"]):
    from tengen.games.records import RecordFacts
    from tengen.go.replay import Setup
    from tengen.go.sgf import SgfRecord
    from tengen.go.sgf_nodes import InvalidRecord

RECORD_SECONDS = 20
"""Watched code is many times slower: unwatched the slowest record takes a second."""

_DIRECTORY = Path(".fuzz")
_MIB = 1024 * 1024
_SEEDS = [
    "(;)",
    "(;FF[4]GM[1]SZ[19]KM[7.5]RE[W+3.5]RU[Japanese]PB[Ota]BR[3d]PW[\u738b]DT[1996-12-27,28,1997-01-03];B[pd];W[dp];B[])",
    "(;SZ[9]HA[2]AB[cc][gg]PL[W];W[ee](;B[aa];W[bb](;B[ba])(;B[ab]))(;B[dd]C[a \\] b\\\\]))",
    "(;SZ[13:9]AB[aa:cc]AW[dd][ee]AE[bb];B[tt];W[ab]\n;B[ba]\r\n;W[aa])",
    "(;CA[GB2312]PB[\u67ef\u6d01])",
    "(;CA[Shift_JIS]KM[6,5]OT[5x30 byo-yomi]TM[1800.5];B[aa])(;B[bb]) tail",
    "\ufeff ( ; ff [4] CoPyright[x] ;; B[zz] W[aa]B[aa] )",
    "(;SZ[2]" + ";B[aa];W[bb];B[ab];W[ba]" * 8 + ")",
    "(;" * 40 + ")" * 40,
]


def try_record(data: bytes) -> None:
    """Read these bytes as a record. Raises whatever shows a mistake."""
    try:
        facts = RecordFacts.read(data)
    except InvalidRecord as refusal:
        refusal.message.encode()
        return
    assert RecordFacts.from_json(facts.to_json()) == facts, "what is stored is not what was read"
    record = _without_bare_turns(SgfRecord.parse(data))
    assert _without_bare_turns(SgfRecord.parse(str(record))) == record, "what is written is not what was read"


def _without_bare_turns(record: SgfRecord) -> SgfRecord:
    """The record without nodes that say whose turn it is and set up nothing: after moves they are not read."""
    bare = [step for step in record.steps if isinstance(step, Setup) and not (step.black | step.white | step.empty)]
    return replace(record, steps=tuple(step for step in record.steps if step not in bare))


def main() -> None:
    """Run until the time is over or something is wrong; the exit code says which."""
    corpus = _DIRECTORY / "records"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(_SEEDS):
        (corpus / f"seed-{number}").write_bytes(seed.encode())
    alone = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    options = [
        f"-max_total_time={os.environ.get('FUZZ_SECONDS', '60')}",
        f"-timeout={RECORD_SECONDS}",
        f"-max_len={_MIB + 1}",
        f"-dict={Path(__file__).with_name('records.dict')}",
        "-len_control=0",  # long ones from the start
        f"-artifact_prefix={_DIRECTORY}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:], *([] if alone else [str(corpus)])], try_record)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
