#!/usr/bin/env bash
# Installs what is missing for `make run` or `make test`, and nothing else: system programs (with apt, the only part that
# may need root), the pinned Python packages in .venv, and the front-end. A second time it only compares stamps.
#
#   tools/bootstrap.sh run|test
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:?run or test}
oldest_python='(3, 11)'
oldest_node=20

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
# What an installer prints goes to .run/NAME.log and is shown only when it fails. Descriptor 9 is the lock below, which
# nothing that an installer might leave running may hold.
logged() { # NAME COMMAND...
  local name=$1
  shift
  "$@" >".run/$name.log" 2>&1 </dev/null 9>&- || {
    tail -n 20 ".run/$name.log" >&2
    fail "'$*' failed; its whole output is in .run/$name.log."
  }
}

# One at a time in a folder: two at once would write the same .venv.
mkdir -p .run
exec 9>.run/bootstrap.lock
if ! flock -n 9; then
  say "Another installation is under way in this folder; waiting for it."
  flock 9
fi

# -- system programs --------------------------------------------------------------------------------------------------
missing=()
need() { # COMMAND PACKAGE...: a program, wherever the system keeps it
  local program=$1
  shift
  PATH="$PATH:/usr/sbin:/usr/local/bin" command -v "$program" >/dev/null || missing+=("$@")
}
python_fits() { "$1" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < $oldest_python)" 2>/dev/null; }
find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && python_fits "$name"; then command -v "$name"; return; fi
  done
  return 1
}
venv_fits() { [ -x .venv/bin/python ] && .venv/bin/python -c "import sys; sys.exit(sys.version_info < $oldest_python)" 2>/dev/null; }

if ! venv_fits && ! find_python >/dev/null; then
  if python3 -c "import sys; sys.exit(sys.version_info < $oldest_python)" 2>/dev/null; then
    missing+=(python3-venv)
  else
    missing+=(python3.11 python3.11-venv)
  fi
fi
need redis-server redis-server
there() { [ -e "$1" ]; } # PATTERN: whether any file fits; the first that does comes first
there /usr/lib*/libiio.so.0 || there /usr/lib/*/libiio.so.0 || there /usr/local/lib*/libiio.so.0 ||
  there /usr/local/lib/*/libiio.so.0 || missing+=(libiio0)
if [ "$mode" = test ]; then
  need iio_readdev libiio-utils
  there /usr/lib/postgresql/*/bin/initdb || need initdb postgresql
  command -v chromium >/dev/null || command -v google-chrome >/dev/null || command -v chromium-browser >/dev/null ||
    missing+=(chromium fonts-liberation)
fi

as_root=()
policy=/usr/sbin/policy-rc.d
made_policy=
trap '[ -z "$made_policy" ] || "${as_root[@]}" rm -f "$policy"' EXIT
install_system_packages() {
  command -v apt-get >/dev/null ||
    fail "These programs are missing: $*. This machine has no apt-get; please install them with its own package manager."
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
    else
      fail "These packages are missing and need root: run 'apt-get install $*' as root once, then this command again."
    fi
  fi
  say "Installing with apt: $*"
  # Debian starts a service when it installs one; the project starts its own, so nothing may start now; the trap
  # above takes this away again.
  if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  logged apt "${as_root[@]}" apt-get update -q
  logged apt "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}
[ ${#missing[@]} -eq 0 ] || install_system_packages "${missing[@]}"

# -- Python packages --------------------------------------------------------------------------------------------------
digest() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }

# A virtual environment holds absolute paths, so one that was moved or copied is made anew.
if ! venv_fits || { [ -e .venv/.made-in ] && [ "$(cat .venv/.made-in)" != "$PWD" ]; }; then
  python=$(find_python) || fail "No Python of at least 3.11 with its venv module was found."
  say "Making .venv with $python"
  rm -rf .venv
  "$python" -m venv .venv
fi
[ -e .venv/.made-in ] || printf '%s' "$PWD" >.venv/.made-in

pip_install=(.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input)
install_python_packages() {
  local list=requirements/base.txt stamp=.venv/.installed wanted
  # dev.txt holds base.txt, so a machine that has tested need not step back to run.
  if [ "$mode" = test ] || grep -qs '^requirements/dev.txt ' "$stamp"; then list=requirements/dev.txt; fi
  wanted="$list $(digest "$list" requirements/build.txt pyproject.toml)"
  [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
  say "Installing the Python packages of $list"
  logged pip "${pip_install[@]}" --require-hashes --requirement requirements/build.txt --requirement "$list"
  # The package itself, in place: the `rasgado` command, and imports from any folder.
  logged pip "${pip_install[@]}" --no-deps --no-build-isolation --editable .
  printf '%s' "$wanted" >"$stamp"
}
install_python_packages

# -- front-end --------------------------------------------------------------------------------------------------------
node_fits() { command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge "$oldest_node" ]; }
npm_here() {
  if ! node_fits; then
    [ -x .venv/bin/npm ] || {
      say "Installing Node from PyPI, in .venv"
      logged pip "${pip_install[@]}" --require-hashes --requirement requirements/node.txt
    }
    PATH="$PWD/.venv/bin:$PATH"
    node_fits || fail "Node of at least version $oldest_node with npm is needed to build the front-end, and was not found."
  fi
  logged npm npm --prefix webapp/frontend "$@"
}
build_frontend() {
  local modules=webapp/frontend/node_modules built=webapp/static_build packages sources
  packages=$(digest webapp/frontend/package.json webapp/frontend/package-lock.json)
  sources=$(find webapp/frontend -name node_modules -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum |
    sha256sum | cut -d' ' -f1)
  local have_packages have_sources
  have_packages=$(cat "$modules/.installed" 2>/dev/null || true)
  have_sources=$(cat "$built/.built" 2>/dev/null || true)
  if [ "$have_packages" != "$packages" ] && { [ "$mode" = test ] || [ "$have_sources" != "$sources" ]; }; then
    say "Installing the front-end's packages"
    npm_here ci --no-audit --no-fund
    printf '%s' "$packages" >"$modules/.installed"
  fi
  if [ "$have_sources" != "$sources" ]; then
    say "Building the front-end"
    npm_here run build
    mkdir -p "$built"
    printf '%s' "$sources" >"$built/.built"
  fi
}
if [ -e webapp/frontend/package-lock.json ]; then
  build_frontend
else
  say "There is no front-end to build yet; pages work without their scripts."
fi
