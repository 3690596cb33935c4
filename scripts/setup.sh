#!/bin/sh
# Installs what Tengen needs, into this directory only but for one program that tests use. Called by the Makefile:
#   scripts/setup.sh packages      the Python packages, as uv.lock has them, into .venv
#   scripts/setup.sh fuzz          the fuzzer beside them, for `make fuzz`
#   scripts/setup.sh web DIRECTORY the files that the pages use in the browser, as package-lock.json has them
#   scripts/setup.sh gnugo         GNU Go from the system's packages, where that may be done without a password
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

fail() {
    echo "make setup: $1" >&2
    exit 1
}

need_python() {
    "$python" -c '' 2>/dev/null || fail "there is no $python. Install Python 3.11 or newer, or name one: make PYTHON=python3.12"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed, and $python is $("$python" -V | cut -d' ' -f2). Name another one: make PYTHON=python3.12"
}

need_node() {
    node -e '' 2>/dev/null || fail "there is no node. Install Node.js 20 or newer, with npm."
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
        fail "Node.js 20 or newer is needed, and this is $(node --version)."
    npm --version >/dev/null 2>&1 || fail "there is no npm beside $(command -v node). Install it."
}

# Prints the path of uv: the installed one, or our own in .uv.
find_uv() {
    if uv --version >/dev/null 2>&1; then
        command -v uv
        return
    fi
    if ! .uv/bin/uv --version >/dev/null 2>&1; then
        rm -rf .uv
        # Into a directory of its own, which pip may do even where the system's packages are not pip's to change
        # (PEP 668). Without pip, a virtual environment brings one.
        if "$python" -m pip --version >/dev/null 2>&1; then
            PIP_USER=0 PIP_ROOT_USER_ACTION=ignore \
                "$python" -m pip install --quiet --disable-pip-version-check --target .uv uv >&2
        elif "$python" -m venv .uv >/dev/null 2>&1; then
            .uv/bin/python -m pip install --quiet --disable-pip-version-check uv >&2
        else
            rm -rf .uv
            fail "$python has neither pip nor venv. Install one (Debian, Ubuntu: apt install python3-venv), or uv."
        fi
    fi
    echo .uv/bin/uv
}

has_gnugo() {
    PATH="$PATH:/usr/games" command -v gnugo >/dev/null 2>&1
}

# As root, or as somebody who may act as root without a password; bounded, and with nothing to answer.
apt_get() {
    if [ "$(id -u)" -eq 0 ]; then as_root=; else as_root="sudo -n"; fi
    $as_root timeout 120 env DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 \
        -o DPkg::Lock::Timeout=20 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
        "$@" </dev/null >/dev/null 2>&1
}

install_gnugo() {
    command -v apt-get >/dev/null 2>&1 || return 1
    apt_get install --yes --no-install-recommends gnugo ||
        { apt_get update && apt_get install --yes --no-install-recommends gnugo; }
}

case "$1" in
packages)
    need_python
    uv=$(find_uv)
    echo "Installing the Python packages into .venv ..."
    # Later runs keep the interpreter: uv makes an environment anew for one that is named differently.
    [ -x .venv/bin/python ] || UV_VENV_CLEAR=1 "$uv" venv --quiet --python "$(command -v "$python")" .venv
    "$uv" sync --quiet --locked --all-extras --compile-bytecode
    ;;
fuzz)
    echo "Installing the fuzzer into .venv ..."
    "$(find_uv)" sync --quiet --locked --all-extras --group fuzz --compile-bytecode
    ;;
web)
    need_node
    echo "Installing the pages' script and style into $2 ..."
    npm ci --silent --ignore-scripts --no-audit --no-fund
    rm -rf "$2"
    mkdir -p "$2/swagger-ui"
    for file in swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css LICENSE NOTICE; do
        cp "node_modules/swagger-ui-dist/$file" "$2/swagger-ui/"
    done
    ;;
gnugo)
    # Nothing but tests needs it, so nothing fails without it.
    has_gnugo || install_gnugo || true
    has_gnugo || echo "GNU Go could not be installed: the tests beside it are skipped (Debian, Ubuntu: apt install gnugo)."
    ;;
*)
    fail "unknown step $1"
    ;;
esac
